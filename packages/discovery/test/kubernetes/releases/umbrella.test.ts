import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { reconciled } from "../../churn/cluster-model.ts";
import type { ClusterModel } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";
import { foundIn, helm, pod, service, worldOf } from "./chart-world.ts";

const redis = (createdAt?: string, uid?: string): readonly Raw[] => [
  service("shop-redis-master", helm("shop", "redis-23.1.1", "master"), "tcp-redis:6379", "redis", {
    ...(createdAt !== undefined && { createdAt }),
    ...(uid !== undefined && { uid }),
  }),
  pod("shop-redis-master-0", 1, "redis"),
];
const valkey = (createdAt?: string, uid?: string): readonly Raw[] => [
  service("shop-valkey-primary", helm("shop", "valkey-4.0.2", "primary"), "tcp-redis:6379", "valkey", {
    ...(createdAt !== undefined && { createdAt }),
    ...(uid !== undefined && { uid }),
  }),
  pod("shop-valkey-primary-0", 2, "valkey"),
];
const cluster: readonly Raw[] = [
  service("shop-redis-cluster", helm("shop", "redis-cluster-13.0.5"), "tcp-redis:6379", "cluster"),
  pod("shop-redis-cluster-0", 3, "cluster"),
];
const asRedis = "shop-redis bitnami-redis: 1:6379 primary";
const asValkey = "shop-valkey bitnami-valkey: 2:6379 primary";

describe("two of one umbrella release", () => {
  test.for([
    ["a", "z"],
    ["z", "a"],
  ])("made in one second are called after their charts too, whatever their uids (%s, %s)", ([one, other]) => {
    for (const objects of [
      [...redis(undefined, one), ...valkey(undefined, other)],
      [...valkey(undefined, other), ...redis(undefined, one)],
    ]) {
      const model = worldOf(objects);
      expect(foundIn(model).toSorted()).toEqual([asRedis, asValkey]);
      expect(model.conditions).toEqual([]);
    }
  });

  test("raise no condition on the way", () => {
    const model = worldOf([...redis(), ...valkey()]);
    model.refresh();
    expect(model.conditionSet.all).toEqual([]);
  });

  test("as a Redis and a Redis Cluster have distinct names", () => {
    expect(foundIn(worldOf([...redis(), ...cluster])).toSorted()).toEqual([
      asRedis,
      "shop-redis-cluster bitnami-redis-cluster cluster: 3:6379 unknown",
    ]);
  });

  test("three of them as well", () => {
    expect(foundIn(worldOf([...redis(), ...valkey(), ...cluster]))).toHaveLength(3);
  });

  test("are both called after their charts too where one was there long before, in whatever order they come", () => {
    const objects = [...redis("2026-01-01T00:00:00Z"), ...valkey("2026-02-02T00:00:00Z")];
    for (const all of [objects, objects.toReversed()]) {
      const model = worldOf(all);
      expect(foundIn(model).toSorted()).toEqual([asRedis, asValkey]);
      expect(model.conditions).toEqual([]);
    }
  });

  test("that one install made seconds apart are no older than each other", () => {
    expect(
      foundIn(worldOf([...redis("2026-01-01T00:00:59Z"), ...valkey("2026-01-01T00:00:00Z")])).toSorted(),
    ).toEqual([asRedis, asValkey]);
  });

  describe("keep what they are called", () => {
    const dropService = (model: ClusterModel, [first]: readonly Raw[]): void => {
      model.drop({
        ...first!,
        metadata: { ...first!.metadata, uid: `service-shop-${first!.metadata.name}` },
      });
    };

    test("when one goes, and it is said that a restart would call the other differently", () => {
      for (const [gone, left, name] of [
        [valkey(), asRedis, "shop-redis-master"],
        [redis(), asValkey, "shop-valkey-primary"],
      ] as const) {
        const model = worldOf([...redis(), ...valkey()]);
        expect(foundIn(model)).toHaveLength(2);
        dropService(model, gone);
        expect(foundIn(model)).toEqual([left]);
        expect(model.conditions).toEqual([`NameShared Service shop/${name}`]);
        const called = left.split(" ")[0]!;
        expect(model.conditionSet.all[0]!.message).toContain(`fleet.dev/instance: ${called} keeps its name`);
      }
    });

    test("when the Service of one is made anew", () => {
      const model = worldOf([...redis("2026-01-01T00:00:00Z"), ...valkey("2026-02-01T00:00:00Z")]);
      expect(foundIn(model)).toHaveLength(2);
      dropService(model, redis());
      expect(foundIn(model)).toEqual([asValkey]);
      model.put(...reconciled([...redis("2026-03-01T00:00:00Z", "second"), ...valkey()]));
      expect(foundIn(model).toSorted()).toEqual([asRedis, asValkey]);
      expect(model.conditions).toEqual([]);
    });
  });

  test("of which one is added later: no other gets the name that the first had, which is said", () => {
    const model = worldOf(redis());
    expect(foundIn(model)).toEqual(["shop bitnami-redis: 1:6379 primary"]);
    model.put(...reconciled([...redis(), ...valkey("2026-02-01T00:00:00Z")]));
    expect(foundIn(model).toSorted()).toEqual([asRedis, asValkey]);
    expect(model.conditions).toEqual(["NameShared Service shop/shop-redis-master"]);
    expect(model.conditionSet.all[0]!.message).toMatch(/was called shop .* fleet\.dev\/instance: shop gives/);
    const [named, ...rest] = redis();
    const metadata = { ...named!.metadata, annotations: { "fleet.dev/instance": "shop" } };
    model.put(...reconciled([{ ...named!, metadata }, ...rest]));
    expect(foundIn(model).toSorted()).toEqual(["shop bitnami-redis: 1:6379 primary", asValkey]);
  });

  test("of which one takes the place of the other does not take its name", () => {
    const model = worldOf(redis());
    expect(foundIn(model)).toEqual(["shop bitnami-redis: 1:6379 primary"]);
    const [gone] = reconciled(redis());
    model.drop(gone!);
    expect(foundIn(model)).toEqual([]);
    model.put(...reconciled(valkey()));
    expect(foundIn(model)).toEqual([asValkey]);
    expect(model.conditions).toEqual(["NameShared Service shop/shop-valkey-primary"]);
  });

  test("are called what an annotation says, which leaves the name to the other", () => {
    const [named] = valkey();
    const model = worldOf([
      ...redis(),
      { ...named!, metadata: { ...named!.metadata, annotations: { "fleet.dev/instance": "carts" } } },
    ]);
    expect(model.instances.map(({ name }) => name).toSorted()).toEqual(["carts", "shop"]);
  });

  test("under a name that is too long then say so, and stay apart", () => {
    const release = "a".repeat(60);
    const model = worldOf([
      service("r", helm(release, "redis-23.1.1", "master"), "tcp-redis:6379", "redis"),
      service("v", helm(release, "valkey-4.0.2", "primary"), "tcp-redis:6379", "valkey"),
    ]);
    expect(model.conditions).toEqual(["InvalidName Service shop/r", "InvalidName Service shop/v"]);
  });
});

test("a slice that names no Pod adds no second endpoint to a Pod that another slice names", () => {
  const model = worldOf(redis());
  model.put({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "by-hand",
      namespace: "shop",
      uid: "by-hand",
      labels: { "kubernetes.io/service-name": "shop-redis-master" },
    },
    addressType: "IPv4",
    ports: [{ name: "tcp-redis", port: 6379 }],
    endpoints: [{ addresses: ["10.0.0.1"] }],
  });
  expect(foundIn(model)).toEqual(["shop bitnami-redis: 1:6379 primary"]);
});

test("any number of them, made whenever and coming in whatever order, have distinct names and no condition", () => {
  const charts = ["redis", "valkey", "redis-cluster", "keydb"] as const;
  const time = fc.integer({ min: 0, max: 200 });
  const one = fc.record({ chart: fc.constantFrom(...charts), time, uid: fc.uuid() });
  fc.assert(
    fc.property(
      fc
        .uniqueArray(one, { selector: ({ chart }) => chart, minLength: 1 })
        .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const world = (made: typeof all): ReturnType<typeof worldOf> =>
          worldOf(
            made.map(({ chart, time: seconds, uid }) =>
              service(`shop-${chart}`, helm("shop", `${chart}-99.0.0`), "tcp-redis:6379", "all", {
                createdAt: new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString(),
                uid,
              }),
            ),
          );
        const model = world(all);
        const names = model.instances.map(({ name }) => name).toSorted();
        expect(new Set(names).size).toBe(all.length);
        expect(model.conditions.filter((text) => text.startsWith("NameTaken"))).toEqual([]);
        expect(
          world(shuffled)
            .instances.map(({ name }) => name)
            .toSorted(),
        ).toEqual(names);
      },
    ),
    { numRuns: 200 },
  );
});
