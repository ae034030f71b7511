import { eventually } from "@fleet/testkit";
import { kubernetesAvailable, namespace, node, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ClusterModel } from "../../churn/cluster-model.ts";
import type { Raw } from "../kubernetes-fixtures.ts";
import { foundIn } from "./chart-world.ts";
import { embeddedCharts } from "./charts-inside-of-others.ts";
import { bitnamiCharts } from "./charts-of-bitnami.ts";
import { otherCharts } from "./charts-of-others.ts";

// Only the controllers make slices; envtest itself brings none.
const missing = kubernetesAvailable({ controllers: true });
const renderings = Object.entries({ ...bitnamiCharts, ...otherCharts, ...embeddedCharts });
let kubernetes: KubernetesServer;

beforeAll(async () => {
  if (missing !== undefined) return;
  kubernetes = await startKubernetes({ controllers: true });
  await kubernetes.apply(node("node-a", { zone: "eu-1a" }));
  for (const [index, [, { objects }]] of renderings.entries())
    await kubernetes.apply(
      namespace(`chart-${index}`),
      ...objects.map((object) => asApplied(object, `chart-${index}`)),
    );
});
afterAll(() => kubernetes?.close());

/** As a chart would send it: the server gives it its uid and its time. */
function asApplied(object: Raw, of: string): KubernetesObject {
  const { uid: _, creationTimestamp: __, ...metadata } = object.metadata;
  const applied = { ...object, metadata: { ...metadata, namespace: of } };
  if (object.kind !== "Pod") return applied;
  const { containers } = object["spec"] as { readonly containers: readonly object[] };
  return {
    ...applied,
    spec: {
      nodeName: "node-a",
      automountServiceAccountToken: false,
      containers: containers.map((container) => ({ name: "redis", image: "redis", ...container })),
    },
    status: { phase: "Running", ...(object["status"] as object) },
  };
}

async function world(of: string): Promise<ClusterModel> {
  const model = new ClusterModel();
  for (const [apiVersion, kind] of [
    ["v1", "Service"],
    ["discovery.k8s.io/v1", "EndpointSlice"],
  ] as const)
    model.put(...((await kubernetes.list(apiVersion, kind, { namespace: of })) as readonly Raw[]));
  return model;
}

describe("on a real API server with real slices, today's charts are found as what they are", () => {
  test.for(renderings.map(([name, rendering], index) => ({ name, index, ...rendering })))(
    "$name",
    async ({ index, found, conditions = [] }, { skip }) => {
      if (missing !== undefined) skip(missing);
      const here = `chart-${index}`;
      await eventually(
        async () => {
          const model = await world(here);
          expect(foundIn(model)).toEqual(found);
          expect(model.conditions).toEqual(conditions.map((text) => text.replace(" shop/", ` ${here}/`)));
        },
        { timeoutMs: 20_000 },
      );
    },
  );
});
