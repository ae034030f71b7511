import { endpointSlice, service } from "@fleet/testkit/kubernetes";
import type { KubernetesObject } from "@fleet/testkit/kubernetes";

/** Where the objects stand. */
export const namespace = "shop";
const batch = 500;

/** The Service of a release of a well-known chart, as large as an API server has it, and its slice. */
function release(index: number): readonly [KubernetesObject, KubernetesObject] {
  const instance = `orders-${index}`;
  const name = `${instance}-redis-master`;
  const labels = {
    "app.kubernetes.io/component": "master",
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/name": "redis",
    "app.kubernetes.io/version": "8.2.1",
    "helm.sh/chart": "redis-22.0.7",
  };
  const annotations = {
    "meta.helm.sh/release-name": instance,
    "meta.helm.sh/release-namespace": namespace,
  };
  const ports = [{ name: "tcp-redis", port: 6379 }];
  const clusterIP = `10.${(index >> 16) % 256}.${(index >> 8) % 256}.${index % 256}`;
  const address = clusterIP.replace("10.", "10.1");
  const plain = service(name, {
    namespace,
    labels,
    annotations,
    ports,
    selector: { "app.kubernetes.io/instance": instance, "app.kubernetes.io/name": "redis" },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: "Cluster",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      type: "ClusterIP",
    },
  });
  return [
    { ...plain, metadata: { ...plain.metadata, managedFields: [managedBy("helm", labels, annotations)] } },
    endpointSlice(name, {
      namespace,
      labels: { ...labels, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" },
      ports,
      endpoints: [
        {
          addresses: [address],
          nodeName: `node-${index % 50}`,
          zone: `zone-${index % 3}`,
          targetRef: { kind: "Pod", name: `${name}-0`, namespace, uid: `pod-${index}` },
        },
      ],
    }),
  ];
}

/** Which manager wrote which field: a third of every object, and of use to the server only. */
function managedBy(manager: string, labels: object, annotations: object): unknown {
  const fields = (names: object): object =>
    Object.fromEntries(Object.keys(names).map((name) => [`f:${name}`, {}]));
  return {
    manager,
    operation: "Update",
    apiVersion: "v1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:annotations": fields(annotations), "f:labels": fields(labels) },
      "f:spec": { "f:internalTrafficPolicy": {}, "f:ports": {}, "f:selector": {}, "f:type": {} },
    },
  };
}

/** Puts that many releases into a server: a Service and a slice each. */
export async function fill(
  server: { apply(...objects: readonly KubernetesObject[]): Promise<unknown> },
  releases: number,
): Promise<void> {
  for (let from = 0; from < releases; from += batch) {
    const indices = Array.from({ length: Math.min(batch, releases - from) }, (_, offset) => from + offset);
    await server.apply(...indices.flatMap(release));
  }
}
