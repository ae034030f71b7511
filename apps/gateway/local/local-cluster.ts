import { eventually } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { node, pod, service, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";

import type { LocalFleet } from "./local-fleet.ts";

/** A Kubernetes API server that knows the local fleet. */
export interface LocalCluster extends AsyncDisposable {
  readonly server: KubernetesServer;
  /** How a gateway finds the fleet through it. */
  readonly settings: {
    readonly kubernetes: { readonly kubeconfig: string };
    /** No kubelet runs the Pods, so their addresses lead to the servers that run here. */
    readonly addressMap: Readonly<Record<string, string>>;
  };
}

interface Announced {
  readonly ip: string;
  readonly server: RedisServer;
  readonly object: KubernetesObject;
}

/** Starts the API server and its controllers, and makes the objects that charts would: `orders` as Bitnami's, the others by label. */
export async function startLocalCluster(fleet: LocalFleet): Promise<LocalCluster> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startKubernetes({ controllers: true }));
  const { primary, replicas } = fleet.orders;
  const pods: Announced[] = [];
  const announce = (name: string, server: RedisServer, zone: string, labels: Labels): void => {
    const ip = `10.20.0.${pods.length + 5}`;
    pods.push({ ip, server, object: pod(name, { ip, node: `node-${zone}`, labels }) });
  };
  announce("orders-redis-master-0", primary, "a", bitnami("master"));
  replicas.forEach((replica, index) =>
    announce(`orders-redis-replicas-${index}`, replica, "bc"[index] ?? "a", bitnami("replica")),
  );
  announce("sessions-0", fleet.sessions, "a", { app: "redis", instance: "sessions" });
  fleet.cache.forEach((member, index) =>
    announce(`cache-${index + 1}-0`, member, "b", { app: "redis", instance: `cache-${index + 1}` }),
  );
  await server.apply(
    ...["a", "b", "c"].map((zone) => node(`node-${zone}`, { zone })),
    release("orders-redis-master", "master"),
    release("orders-redis-replicas", "replica"),
    labelled("sessions"),
    ...fleet.cache.map((_member, index) => labelled(`cache-${index + 1}`, { "fleet.dev/group": "cache" })),
    ...pods.map(({ object }) => object),
  );
  await eventually(async () => {
    const slices = await server.list("discovery.k8s.io/v1", "EndpointSlice");
    const known = slices.flatMap((slice) => (slice as Slice).endpoints ?? []).length;
    if (known < pods.length) throw new Error(`${known} of ${pods.length} Pods are in a slice`);
  });
  const started = opened.move();
  return {
    server,
    settings: {
      kubernetes: { kubeconfig: server.kubeconfig },
      addressMap: Object.fromEntries(
        pods.map(({ ip, server }) => [`${ip}:6379`, `${server.host}:${server.port}`]),
      ),
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

type Labels = Readonly<Record<string, string>>;
type Slice = KubernetesObject & { readonly endpoints?: readonly unknown[] };

function bitnami(component: string): Labels {
  return {
    "app.kubernetes.io/name": "redis",
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/component": component,
    "helm.sh/chart": "redis-23.1.1",
  };
}

function release(name: string, component: string): KubernetesObject {
  const labels = bitnami(component);
  const ports = [{ name: "tcp-redis", port: 6379, targetPort: "redis" }];
  const annotations = { "fleet.dev/reads": "replica" };
  return service(name, { labels, selector: labels, ports, annotations });
}

function labelled(instance: string, annotations: Labels = {}): KubernetesObject {
  const labels = { app: "redis", instance };
  return service(instance, { labels, selector: labels, annotations });
}
