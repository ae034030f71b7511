import { eventually } from "@fleet/testkit";
import { kubernetesAvailable, namespace, node, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { KubernetesSource } from "../../../src/kubernetes/index.ts";
import { ClusterModel } from "../../churn/cluster-model.ts";
import { expected, fixture, fixtureNames, found, zones } from "../kubernetes-fixtures.ts";
import type { Raw } from "../kubernetes-fixtures.ts";
import { Heard } from "../kubernetes-scene.ts";

// Only the controllers make slices; envtest itself brings none.
const missing = kubernetesAvailable({ controllers: true });
let kubernetes: KubernetesServer;

beforeAll(async () => {
  if (missing !== undefined) return;
  kubernetes = await startKubernetes({ controllers: true });
  const nodes = Object.entries(zones).map(([name, zone]) => node(name, { zone }));
  await kubernetes.apply(...nodes);
  for (const name of fixtureNames)
    await kubernetes.apply(namespace(name), ...(fixture(name, name) as readonly KubernetesObject[]));
});
afterAll(() => kubernetes?.close());

/** What is found in a namespace of the real API server, with the slices that its controller makes. */
async function discovered(of: string): Promise<ReturnType<typeof found>[]> {
  const model = new ClusterModel();
  for (const [apiVersion, kind] of [
    ["v1", "Service"],
    ["discovery.k8s.io/v1", "EndpointSlice"],
  ] as const)
    model.put(...((await kubernetes.list(apiVersion, kind, { namespace: of })) as readonly Raw[]));
  return model.instances.map(found);
}

describe("on a real API server with real slices, what charts and operators render is found as what it is", () => {
  test.for(fixtureNames)("%s", async (name, { skip }) => {
    if (missing !== undefined) skip(missing);
    const here = JSON.stringify(expected[name])
      .replaceAll(/(:|")shop\//g, `$1${name}/`)
      .replaceAll(".shop.svc", `.${name}.svc`);
    await eventually(async () => expect(await discovered(name)).toEqual(JSON.parse(here)), {
      timeoutMs: 20_000,
    });
  });
});

describe("through a source that watches all namespaces of a real API server", () => {
  const watched = async (): Promise<
    AsyncDisposable & { readonly heard: Heard; readonly source: KubernetesSource }
  > => {
    const api = { server: { url: kubernetes.url, ca: kubernetes.ca, token: kubernetes.adminToken } };
    const source = new KubernetesSource({ api, namespaces: "*", names: "namespace-instance" });
    const heard = new Heard();
    await source.start(heard, { signal: new AbortController().signal });
    return { heard, source, [Symbol.asyncDispose]: () => source.close() };
  };

  test("they are all found at once", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await using it = await watched();
    const all = Object.entries(expected).flatMap(([namespace, found]) =>
      found.map(({ name, endpoints }) => `${namespace}-${name} ${endpoints.length}`),
    );
    await eventually(() =>
      expect(
        it.heard.sets
          .at(-1)
          ?.map(({ name, endpoints }) => `${name} ${endpoints.length}`)
          .toSorted(),
      ).toEqual(all.toSorted()),
    );
    expect(it.heard.failures).toEqual([]);
    expect(it.source.resources).toMatchObject([
      { resource: "services", state: "watching", hasSynced: true, decodeErrors: 0 },
      { resource: "endpointslices", state: "watching", hasSynced: true, decodeErrors: 0 },
    ]);
  });

  test("a Pod on its way out is leaving, and then gone; the others stay what they were", async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    await kubernetes.apply(...(fixture("bitnami-redis", "bitnami-redis") as readonly KubernetesObject[]));
    await using it = await watched();
    const before = it.heard.instance("app-redis-orders");
    const seen = (): unknown =>
      it.heard
        .instance("bitnami-redis-orders")
        ?.endpoints.map(({ host, role, leaving }) => [host, role, leaving === true].join(" "));
    await eventually(() =>
      expect(seen()).toEqual([
        "10.20.3.1 primary false",
        "10.20.3.2 replica false",
        "10.20.3.3 replica false",
      ]),
    );
    const pods = await kubernetes.list("v1", "Pod", { namespace: "bitnami-redis" });
    const primary = pods.find(({ metadata }) => metadata.name === "orders-redis-master-0")!;
    await kubernetes.delete(primary, { graceSeconds: 30 });
    await eventually(() =>
      expect(seen()).toEqual([
        "10.20.3.1 unknown true",
        "10.20.3.2 replica false",
        "10.20.3.3 replica false",
      ]),
    );
    await kubernetes.delete(primary);
    await eventually(() => expect(seen()).toEqual(["10.20.3.2 replica false", "10.20.3.3 replica false"]));
    expect(it.heard.instance("app-redis-orders")).toBe(before);
  });
});
