import { startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";

/** The servers of the local fleet, by what they are to it. */
export interface LocalFleet extends AsyncDisposable {
  readonly orders: Awaited<ReturnType<typeof startReplication>>;
  readonly sessions: RedisServer;
  readonly cache: readonly RedisServer[];
  /** The same, as the `instances` of a gateway's configuration. */
  readonly instances: readonly InstanceSettings[];
}

interface InstanceSettings {
  readonly name: string;
  readonly group?: string;
  readonly reads?: "primary" | "replica" | "any";
  readonly endpoints: readonly {
    readonly host: string;
    readonly port: number;
    readonly role?: "primary" | "replica";
  }[];
}

const at = ({ host, port }: RedisServer): { readonly host: string; readonly port: number } => ({
  host,
  port,
});

/** Starts `orders` (a primary and two replicas), `sessions` (one server) and the group `cache` of two. */
export async function startLocalFleet(): Promise<LocalFleet> {
  await using opened = new AsyncDisposableStack();
  const [orders, sessions, ...cache] = await Promise.all([
    startReplication({ replicas: 2 }),
    startRedis(),
    startRedis(),
    startRedis(),
  ]);
  for (const server of [orders, sessions, ...cache]) opened.use(server);
  const started = opened.move();
  return {
    orders,
    sessions,
    cache,
    instances: [
      {
        name: "orders",
        reads: "replica",
        endpoints: [
          { ...at(orders.primary), role: "primary" },
          ...orders.replicas.map((replica) => ({ ...at(replica), role: "replica" as const })),
        ],
      },
      { name: "sessions", endpoints: [at(sessions)] },
      ...cache.map((member, index) => ({
        name: `cache-${index + 1}`,
        group: "cache",
        endpoints: [at(member)],
      })),
    ],
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
