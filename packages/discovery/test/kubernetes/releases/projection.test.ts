import { randomUUID } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { describe, expect, test } from "vitest";

import { Conventions } from "../../../src/kubernetes/profiles/conventions.ts";
import { SharedStrings } from "../../../src/kubernetes/profiles/shared-strings.ts";
import { Projection } from "../../../src/kubernetes/releases/projection.ts";

const projection = (): Projection =>
  new Projection(
    new Conventions([
      {
        name: "p",
        labels: { app: "redis" },
        relabel: [{ sourceLabels: ["__meta_kubernetes_service_name"], regex: "not-this", action: "drop" }],
        instance: "{service}",
      },
    ]),
  );

const metadata = {
  name: "orders",
  namespace: "shop",
  uid: "u1",
  resourceVersion: "7",
  creationTimestamp: "2026-01-02T03:04:05Z",
  labels: { app: "redis" },
  managedFields: [{ manager: "helm" }],
};

describe("of a Service is kept", () => {
  test("what is read, and no more", () => {
    const record = projection().service({
      metadata: { ...metadata, annotations: { "fleet.dev/state": "drain", "other/annotation": "x" } },
      spec: {
        type: "ExternalName",
        clusterIP: "None",
        externalName: "redis.example.com",
        selector: { app: "redis" },
        ports: [
          { name: "redis", port: 6379, protocol: "TCP", targetPort: "redis", nodePort: 30_000 },
          { name: "", port: 53, protocol: "UDP" },
        ],
      },
    });
    expect(record).toEqual({
      uid: "u1",
      namespace: "shop",
      name: "orders",
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      labels: { app: "redis" },
      annotations: { "fleet.dev/state": "drain" },
      type: "ExternalName",
      clusterIp: "None",
      externalName: "redis.example.com",
      ports: [
        { name: "redis", port: 6379 },
        { port: 53, protocol: "UDP" },
      ],
      selector: { app: "redis" },
    });
  });

  test("nothing where nobody recognises it", () => {
    expect(projection().service({ metadata: { ...metadata, labels: {} }, spec: {} })).toBeUndefined();
    expect(projection().service({ metadata: { ...metadata, name: "not-this" }, spec: {} })).toBeUndefined();
    expect(projection().service({ metadata: { name: "a", namespace: "b", uid: "c" } })).toBeUndefined();
  });

  test("what is there where much is missing", () => {
    expect(projection().service({ metadata: { ...metadata, creationTimestamp: "yesterday" } })).toMatchObject(
      {
        createdAt: 0,
        type: "ClusterIP",
        ports: [],
      },
    );
    expect(projection().service({ metadata, spec: { ports: [{ name: "redis" }] } })?.ports).toEqual([
      { name: "redis", port: Number.NaN },
    ]);
  });

  test("and an object that is nobody's is an error, for whoever counts those", () => {
    expect(() => projection().service({ metadata: { labels: { app: "redis" } } })).toThrow(TypeError);
  });
});

describe("of a slice is kept", () => {
  const managed = { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
  const slice = (labels: Readonly<Record<string, string>>, more: object = {}): object => ({
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "orders", ...labels } },
    addressType: "IPv4",
    ports: [{ name: "redis", port: 6379, protocol: "TCP" }],
    endpoints: [],
    ...more,
  });

  test("the first address of each endpoint, with what is said of it and what that means by default", () => {
    const record = projection().slice(
      slice(
        { app: "redis", ...managed },
        {
          endpoints: [
            {
              addresses: ["10.0.0.1", "10.0.0.9"],
              conditions: { ready: false, serving: true, terminating: true },
              zone: "eu-1a",
              nodeName: "n",
              targetRef: { kind: "Pod", name: "p", uid: "pu", namespace: "shop" },
            },
            { addresses: ["10.0.0.2"], conditions: { ready: false, serving: null } },
            { addresses: ["10.0.0.3"], zone: "", targetRef: { kind: "Node", name: "n", uid: "nu" } },
            { addresses: [] },
          ],
        },
      ),
    );
    expect(record).toEqual({
      uid: "u1",
      namespace: "shop",
      name: "orders",
      service: "orders",
      addressType: "IPv4",
      ports: [{ name: "redis", port: 6379 }],
      endpoints: [
        {
          address: "10.0.0.1",
          ready: false,
          serving: true,
          terminating: true,
          zone: "eu-1a",
          pod: { name: "p", uid: "pu" },
        },
        { address: "10.0.0.2", ready: false, serving: false, terminating: false },
        { address: "10.0.0.3", ready: true, serving: true, terminating: false },
      ],
    });
  });

  test("nothing where it is the controller's and its Service is none of ours", () => {
    expect(projection().slice(slice({ app: "web", ...managed }))).toBeUndefined();
    expect(projection().slice(slice({ app: "web" }))).toBeDefined();
    expect(projection().slice({ metadata })).toBeUndefined();
  });

  test("nothing of what the API server leaves null", () => {
    expect(projection().slice(slice({}, { ports: null, endpoints: null }))).toMatchObject({
      ports: [],
      endpoints: [],
    });
  });
});

test("texts that many repeat exist once, and what knows them does not grow for ever", () => {
  const strings = new SharedStrings(2);
  expect(strings.of("a")).toBe("a");
  for (const text of ["b", "c", "d", "a"]) expect(strings.of(text)).toBe(text);
});

test("ten thousand Services keep at most 750 bytes each", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const bytes = (): number => {
    for (let i = 0; i < 3; i += 1) collect();
    return process.memoryUsage().heapUsed;
  };
  const services = (): Map<string, unknown> => {
    const text = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => bitnami(i)));
    const kept = projection();
    const records = (JSON.parse(text) as readonly object[]).map((object) => kept.service(object)!);
    return new Map(records.map((record) => [record.uid, record]));
  };
  services();
  const before = bytes();
  const kept = services();
  const each = (bytes() - before) / kept.size;
  expect(kept.size).toBe(10_000);
  expect(each).toBeGreaterThan(100);
  expect(each).toBeLessThan(750);
});

/** A Service as large as those of the Bitnami chart. */
function bitnami(i: number): object {
  const release = `orders-${i}`;
  const namespace = `team-${i % 50}`;
  return {
    metadata: {
      name: `${release}-redis-master`,
      namespace,
      uid: randomUUID(),
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: {
        app: "redis",
        "app.kubernetes.io/component": "master",
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": "redis",
        "app.kubernetes.io/version": "8.2.1",
        "helm.sh/chart": "redis-23.1.1",
      },
      annotations: { "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace },
    },
    spec: {
      type: "ClusterIP",
      selector: {
        "app.kubernetes.io/component": "master",
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/name": "redis",
      },
      clusterIP: `10.0.${i >> 8}.${i & 255}`,
      ports: [{ name: "tcp-redis", port: 6379, protocol: "TCP", targetPort: "redis" }],
    },
  };
}
