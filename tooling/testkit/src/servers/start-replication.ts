import { eventually } from "../eventually.ts";
import { startRedis } from "./start-redis.ts";
import type { RedisServer, StartRedisOptions } from "./start-redis.ts";

export interface StartReplicationOptions extends Omit<StartRedisOptions, "port" | "waitFor"> {
  /** How many replicas follow the primary. @default 1 */
  readonly replicas?: number;
}

/** A primary and its replicas. */
export interface Replication extends AsyncDisposable {
  readonly primary: RedisServer;
  readonly replicas: readonly RedisServer[];
  /**
   * Resolves when every replica has applied what the primary has done so far. (`WAIT` waits for the writes of its own connection,
   * and each `call` has another.)
   */
  readonly inSync: () => Promise<void>;
}

/** Starts a primary and replicas of it; ready when every replica's link is up. */
export async function startReplication(options: StartReplicationOptions = {}): Promise<Replication> {
  const { replicas: count = 1, ...shared } = options;
  await using opened = new AsyncDisposableStack();
  const config = {
    // A replica that asks is served at once, and what was written is there at once: tests wait for nothing else.
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": 0,
    "repl-ping-replica-period": 1,
    ...(options.password !== undefined && { masterauth: options.password }),
    ...shared.config,
  };
  const primary = opened.use(await startRedis({ ...shared, config }));
  const following = { ...config, replicaof: `${primary.host} ${primary.port}` };
  const replicas = await Promise.all(
    Array.from({ length: count }, async () => opened.use(await startRedis({ ...shared, config: following }))),
  );
  await Promise.all(
    replicas.map((replica) =>
      eventually(
        async () => {
          const info = String(await replica.call("INFO", "replication"));
          if (!info.includes("master_link_status:up"))
            throw new Error(`the replica on port ${replica.port} has no link`);
        },
        { timeoutMs: 15_000 },
      ),
    ),
  );
  const inSync = async (): Promise<void> => {
    const offset = await offsetOf(primary, "master_repl_offset");
    for (const replica of replicas)
      await eventually(
        async () => {
          const applied = await offsetOf(replica, "slave_repl_offset");
          if (applied < offset)
            throw new Error(`the replica on port ${replica.port} is at ${applied} of ${offset}`);
        },
        { timeoutMs: 15_000, intervalMs: 5 },
      );
  };
  const all = opened.move();
  return { primary, replicas, inSync, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function offsetOf(server: RedisServer, name: string): Promise<number> {
  const info = String(await server.call("INFO", "replication"));
  const [, offset] = new RegExp(`^${name}:(\\d+)`, "m").exec(info) ?? [];
  if (offset === undefined) throw new Error(`the server on port ${server.port} says nothing of its ${name}`);
  return Number(offset);
}
