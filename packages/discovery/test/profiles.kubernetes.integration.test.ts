import { eventually } from "@fleet/testkit";
import { kubernetesAvailable, namespace, node, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ClusterModel } from "./cluster-model.ts";
import { expected, fixture, fixtureNames, found, zones } from "./kubernetes-fixtures.ts";
import type { Raw } from "./kubernetes-fixtures.ts";

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
