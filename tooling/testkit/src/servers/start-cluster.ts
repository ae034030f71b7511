import { eventually } from "../eventually.ts";
import { startRedis } from "./start-redis.ts";
import type { RedisServer, StartRedisOptions } from "./start-redis.ts";

export interface StartClusterOptions extends Omit<StartRedisOptions, "port" | "waitFor"> {
  /** How many primaries share the slots. @default 3 */
  readonly nodes?: number;
}

/** The primaries of a cluster, in the order of their slots. */
export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly RedisServer[];
}

const slots = 16_384;

/**
 * Starts a cluster of primaries without replicas; ready when every node says `cluster_state:ok`. That takes two seconds
 * whatever one does: a primary waits so long after its start before it accepts writes.
 */
export async function startCluster(options: StartClusterOptions = {}): Promise<Cluster> {
  const { nodes: count = 3, ...shared } = options;
  const config = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": 2000,
    ...(shared.tls === true && { "tls-cluster": "yes" }),
    ...shared.config,
  };
  await using opened = new AsyncDisposableStack();
  const nodes = await Promise.all(
    Array.from({ length: count }, async () => opened.use(await startRedis({ ...shared, config }))),
  );
  await Promise.all(
    nodes.map(async (node, index) => {
      const [from, to] = [Math.ceil((index * slots) / count), Math.ceil(((index + 1) * slots) / count)];
      // One by one, because 6.2 has no ADDSLOTSRANGE.
      await node.call(
        "CLUSTER",
        "ADDSLOTS",
        ...Array.from({ length: to - from }, (_, offset) => String(from + offset)),
      );
      await node.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }),
  );
  // Each meets each: a node that only gossip introduces may be known a second later.
  await Promise.all(
    nodes.flatMap((node, index) =>
      nodes.slice(index + 1).map(({ host, port }) => node.call("CLUSTER", "MEET", host, String(port))),
    ),
  );
  await eventually(() => Promise.all(nodes.map((node) => isReady(node, count))), {
    timeoutMs: 20_000,
    intervalMs: 20,
  });
  const all = opened.move();
  return { nodes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function isReady(node: RedisServer, count: number): Promise<void> {
  const info = String(await node.call("CLUSTER", "INFO"));
  if (!info.includes("cluster_state:ok") || !info.includes(`cluster_known_nodes:${count}\r`))
    throw new Error(`the node on port ${node.port} is not ready:\n${info}`);
}
