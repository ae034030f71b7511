import { readFile } from "node:fs/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { eventually } from "../src/index.ts";
import {
  endpointSlice,
  kubernetesAvailable,
  namespace,
  node,
  pod,
  secret,
  service,
  startKubernetes,
} from "../src/kubernetes/index.ts";
import type { KubernetesObject, KubernetesServer } from "../src/kubernetes/index.ts";
import { apiServerFacts } from "./api-server-facts.ts";

let kubernetes: KubernetesServer;

beforeAll(async () => {
  kubernetes = await startKubernetes({
    controllers: kubernetesAvailable({ controllers: true }) === undefined,
  });
});

afterAll(() => kubernetes.close());

apiServerFacts("the real one", () => kubernetes);

const slicesOf = (of: string): Promise<readonly KubernetesObject[]> =>
  kubernetes.list("discovery.k8s.io/v1", "EndpointSlice", { namespace: of });

test("objects are applied, read, listed, patched and deleted", async () => {
  await kubernetes.apply(
    namespace("crud"),
    service("orders", { namespace: "crud", labels: { app: "redis" } }),
    secret("orders", { password: "secret" }, { namespace: "crud" }),
    endpointSlice("orders", { namespace: "crud", endpoints: [{ addresses: ["10.20.0.5"], zone: "a" }] }),
  );
  const [first] = await kubernetes.apply(service("orders", { namespace: "crud" }));
  expect(first!.metadata.labels).toBeUndefined();
  const orders = await kubernetes.patch(first!, { metadata: { annotations: { note: "mine" } } });
  expect(orders.metadata).toMatchObject({ uid: first!.metadata.uid, annotations: { note: "mine" } });
  expect(await kubernetes.get(orders)).toEqual(orders);
  expect(await slicesOf("crud")).toMatchObject([
    { endpoints: [{ addresses: ["10.20.0.5"], conditions: { ready: true, terminating: false }, zone: "a" }] },
  ]);
  expect(await kubernetes.get(secret("orders", {}, { namespace: "crud" }))).toMatchObject({
    data: { password: "c2VjcmV0" },
  });
  await kubernetes.delete(orders);
  await expect(kubernetes.get(orders)).rejects.toMatchObject({ status: 404, reason: "NotFound" });
});

test("a user may what his rights say and nothing else; a stranger nothing", async () => {
  await kubernetes.apply(namespace("rights"));
  const rules = [{ apiGroups: [""], resources: ["services"], verbs: ["list"] }];
  const token = await kubernetes.user("reader", { namespace: "rights", rules });
  const wide = await kubernetes.user("wide", { namespace: "rights", rules, clusterWide: true });
  const ask = (path: string, who: string): Promise<unknown> => kubernetes.request(path, { token: who });
  expect(await ask("/api/v1/namespaces/rights/services", token)).toMatchObject({ kind: "ServiceList" });
  expect(await ask("/api/v1/services", wide)).toMatchObject({ kind: "ServiceList" });
  await expect(ask("/api/v1/services", token)).rejects.toMatchObject({ status: 403, reason: "Forbidden" });
  await expect(ask("/api/v1/services", "stranger")).rejects.toMatchObject({ status: 401 });
});

test("kubeconfigs name the server, its CA, and who one is", async () => {
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, "utf8"));
  expect(await read(kubernetes.kubeconfig)).toMatchObject({
    clusters: [{ cluster: { server: kubernetes.url } }],
    users: [{ user: { token: kubernetes.adminToken } }],
  });
  const other = await kubernetes.writeKubeconfig({ url: "https://127.0.0.1:1", token: "t", namespace: "n" });
  expect(await read(other)).toMatchObject({
    clusters: [{ cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ user: { token: "t" } }],
    contexts: [{ context: { namespace: "n" } }],
  });
});

describe("with the controllers", () => {
  test("a Service, a Node and a Pod make a slice that carries the Service's labels, also new ones", async (context) => {
    const missing = kubernetesAvailable({ controllers: true });
    context.skip(missing !== undefined, missing);
    const of = "slices";
    const orders = service("orders", { namespace: of, selector: { app: "orders" }, labels: { tier: "one" } });
    const running = pod("orders-0", { namespace: of, ip: "10.20.0.5", labels: { app: "orders" } });
    await kubernetes.apply(namespace(of), node("node", { zone: "a" }), orders, running);
    await eventually(async () =>
      expect(await slicesOf(of)).toMatchObject([
        {
          metadata: { labels: { "kubernetes.io/service-name": "orders", tier: "one" } },
          endpoints: [
            {
              addresses: ["10.20.0.5"],
              conditions: { ready: true, serving: true, terminating: false },
              zone: "a",
              targetRef: { kind: "Pod", name: "orders-0" },
            },
          ],
          ports: [{ name: "redis", port: 6379 }],
        },
      ]),
    );
    await kubernetes.apply({ ...orders, metadata: { ...orders.metadata, labels: { tier: "two" } } });
    await kubernetes.apply(
      pod("orders-0", { namespace: of, ip: "10.20.0.5", labels: { app: "orders" }, ready: false }),
    );
    await eventually(async () =>
      expect(await slicesOf(of)).toMatchObject([
        { metadata: { labels: { tier: "two" } }, endpoints: [{ conditions: { ready: false } }] },
      ]),
    );
  });

  test("a Pod that is deleted with grace is terminating until it is deleted for good", async (context) => {
    const missing = kubernetesAvailable({ controllers: true });
    context.skip(missing !== undefined, missing);
    const of = "grace";
    const running = pod("orders-0", { namespace: of, ip: "10.20.0.6", labels: { app: "orders" } });
    const orders = service("orders", { namespace: of, selector: { app: "orders" } });
    await kubernetes.apply(namespace(of), node(), orders, running);
    const conditions = async (): Promise<unknown> =>
      (await slicesOf(of)).flatMap(({ endpoints }) => (endpoints as { conditions: unknown }[] | null) ?? []);
    await eventually(async () => expect(await conditions()).toMatchObject([{ conditions: { ready: true } }]));
    await kubernetes.delete(running, { graceSeconds: 30 });
    await eventually(async () =>
      expect(await conditions()).toMatchObject([
        { conditions: { ready: false, serving: true, terminating: true } },
      ]),
    );
    await kubernetes.delete(running);
    await eventually(async () => expect(await conditions()).toEqual([]));
  });
});

test("flags are the API server's own, and what it does not know ends its start with its words", async () => {
  await expect(startKubernetes({ flags: { "no-such-flag": 1 } })).rejects.toThrow(
    /kube-apiserver ended at its start:[^]*no-such-flag/,
  );
});
