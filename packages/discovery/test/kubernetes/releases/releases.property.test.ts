import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Instance } from "../../../src/index.ts";
import { ClusterModel, reconciled } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";

const app = "app.kubernetes.io";

/** A Service out of a small world, so that releases, names and kinds meet: of a chart, of the profile app-redis, of none. */
const service = fc
  .record({
    namespace: fc.constantFrom("a", "b"),
    suffix: fc.constantFrom("", "-master", "-replicas", "-headless", "-metrics"),
    instance: fc.constantFrom("one", "two", "Not-A-Name"),
    kind: fc.constantFrom("bitnami", "app-redis", "nobody"),
    createdAt: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
    port: fc.constantFrom("tcp-redis", "http-metrics"),
    type: fc.constantFrom("ClusterIP", "ClusterIP", "ExternalName"),
    note: fc.constantFrom(
      undefined,
      ["state", "drain"],
      ["instance", "two"],
      ["port", "x y"],
      ["ignore", "true"],
    ),
    uid: fc.constantFrom("1", "2"),
  })
  .map(({ namespace, suffix, instance, kind, createdAt, port, type, note, uid }): Raw => {
    const name = `${instance.toLowerCase()}${suffix}`;
    const component = new Map([
      ["-master", "master"],
      ["-replicas", "replica"],
    ]).get(suffix);
    const labels = {
      bitnami: {
        [`${app}/name`]: "redis",
        [`${app}/instance`]: instance,
        ...(component !== undefined && { [`${app}/component`]: component }),
      },
      "app-redis": { app: "redis", instance },
      nobody: { app: "web" },
    }[kind];
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name,
        namespace,
        uid: `${namespace}-${name}-${uid}`,
        labels,
        annotations: note === undefined ? {} : { [`fleet.dev/${note[0]}`]: note[1] },
        creationTimestamp: createdAt,
      },
      spec: { type, ports: [{ name: port, port: 6379 }] },
    };
  });

const slice = fc
  .record({
    namespace: fc.constantFrom("a", "b"),
    service: fc.constantFrom("one", "one-master", "one-replicas", "two", "two-headless"),
    number: fc.constantFrom(1, 2),
    addresses: fc.uniqueArray(fc.constantFrom(1, 2, 3), { minLength: 1 }),
    state: fc.constantFrom("ready", "terminating", "down"),
    family: fc.constantFrom("IPv4", "IPv6"),
    port: fc.constantFrom(6379, 7000, 70_000),
  })
  .map(({ namespace, service, number, addresses, state, family, port }): Raw => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-${number}`,
      namespace,
      uid: `slice-${namespace}-${service}-${number}`,
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: family,
    ports: [{ name: "tcp-redis", port }],
    endpoints: addresses.map((address) => ({
      addresses: [family === "IPv4" ? `10.20.0.${address}` : `fd00::${address}`],
      conditions: {
        ready: state === "ready",
        serving: state !== "down",
        terminating: state === "terminating",
      },
      targetRef: { kind: "Pod", name: `p${address}`, uid: `${namespace}-p${address}` },
    })),
  }));

const key = ({ kind, metadata: { namespace, name, uid } }: Raw): string =>
  `${kind}/${namespace}/${name}/${kind === "Service" ? "" : uid}`;

/** A step of a world: an object is put, as new or as changed, or one that is there is dropped. */
type Step = { readonly put: Raw } | { readonly drop: number } | { readonly look: true };
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.oneof(service, slice).map((put): Step => ({ put })) },
    { weight: 2, arbitrary: fc.nat().map((drop): Step => ({ drop })) },
    { weight: 1, arbitrary: fc.constant<Step>({ look: true }) },
  ),
  { maxLength: 40 },
);

/** Walks a world as a watch would tell it: an object that comes back with another uid was dropped before. */
function walk(model: ClusterModel, all: readonly Step[]): readonly Raw[] {
  const there = new Map<string, Raw>();
  for (const step of all) {
    if ("put" in step) {
      const before = there.get(key(step.put));
      if (before !== undefined && before.metadata.uid !== step.put.metadata.uid) model.drop(before);
      model.put(step.put);
      there.set(key(step.put), step.put);
    } else if ("drop" in step) {
      const object = [...there.values()][step.drop % Math.max(1, there.size)];
      if (object === undefined) continue;
      model.drop(object);
      there.delete(key(object));
    } else model.refresh();
  }
  return [...there.values()];
}

const byName = (instances: readonly Instance[]): readonly Instance[] =>
  instances.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe("whatever happened before", () => {
  test("the instances and conditions are those of the objects that are there, in whatever order they came", () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (all, order) => {
        const lived = new ClusterModel();
        const left = walk(lived, all);
        const fresh = new ClusterModel();
        const ranks = new Map(left.map((object) => [object, order.next().value]));
        fresh.put(...left.toSorted((a, b) => ranks.get(a)! - ranks.get(b)!));
        expect(byName(lived.instances)).toEqual(byName(fresh.instances));
        expect(lived.conditions).toEqual(fresh.conditions);
      }),
      { numRuns: 400 },
    );
  });

  test("names and uids are one instance's each, and each endpoint has an address that may be dialled", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = new ClusterModel();
        walk(model, all);
        const { instances } = model;
        expect(new Set(instances.map(({ name }) => name)).size).toBe(instances.length);
        expect(new Set(instances.map(({ uid }) => uid)).size).toBe(instances.length);
        for (const { endpoints } of instances) {
          expect(new Set(endpoints.map(({ uid }) => uid)).size).toBe(endpoints.length);
          expect(endpoints.every(({ port }) => port === 6379 || port === 7000)).toBe(true);
          expect(endpoints.filter(({ role }) => role === "primary").length).toBeLessThan(2);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("a Service and a slice of nobody of ours change nothing", () => {
  fc.assert(
    fc.property(steps, service, slice, (all, other, unrelated) => {
      const model = new ClusterModel();
      walk(model, all);
      const { instances, conditions } = model;
      const labels = { app: "web" };
      model.put(
        {
          ...other,
          metadata: { ...other.metadata, name: "web", uid: "web-service", labels },
          spec: { ports: [{ name: "http", port: 80 }] },
        },
        {
          ...unrelated,
          metadata: { ...unrelated.metadata, uid: "web", labels: { "kubernetes.io/service-name": "web" } },
        },
      );
      expect(model.instances).toBe(instances);
      expect(model.conditions).toEqual(conditions);
    }),
    { numRuns: 200 },
  );
});

test("a Service that is added to a world changes no instance but those that it has to do with", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new ClusterModel();
      walk(model, all);
      const before = new Set(model.instances);
      const [added] = reconciled([
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "third", namespace: "c", labels: { app: "redis", instance: "third" } },
          spec: { ports: [{ port: 6379 }] },
        },
      ]);
      model.put(added!);
      const after = new Set(model.instances);
      expect([...before].filter((instance) => !after.has(instance))).toEqual([]);
      expect([...after].filter((instance) => !before.has(instance)).map(({ name }) => name)).toEqual([
        "third",
      ]);
    }),
  );
});

test("what says the same again leaves the list as it is, and the instances in it", () => {
  const property = fc.property(steps, (all) => {
    const model = new ClusterModel();
    const left = walk(model, all);
    const { instances } = model;
    model.put(...left.map((object) => structuredClone(object)));
    expect(model.instances).toBe(instances);
  });
  fc.assert(property);
  // Here a name is awarded between the translations of two releases that claim it.
  fc.assert(property, { seed: 1_737_485_725 });
});
