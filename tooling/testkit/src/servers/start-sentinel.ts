import { eventually } from "../eventually.ts";
import { startRedis } from "./start-redis.ts";
import type { RedisServer } from "./start-redis.ts";
import { startReplication } from "./start-replication.ts";
import type { Replication, StartReplicationOptions } from "./start-replication.ts";

export interface StartSentinelOptions extends StartReplicationOptions {
  /** How many sentinels watch; a majority of them decides. @default 3 */
  readonly sentinels?: number;
  /** What the sentinels call the primary. @default "mymaster" */
  readonly name?: string;
  /** How long a primary is silent before a sentinel counts it as down, in milliseconds. @default 500 */
  readonly downAfterMs?: number;
}

/** A primary and replicas under the watch of sentinels. `primary` is the one of the start; ask a sentinel after a failover. */
export interface SentinelSet extends Replication {
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
}

/** Starts a primary, replicas and sentinels; ready when each sentinel knows the replicas and the other sentinels. */
export async function startSentinel(options: StartSentinelOptions = {}): Promise<SentinelSet> {
  const { sentinels: count = 3, name = "mymaster", downAfterMs = 500, ...shared } = options;
  await using opened = new AsyncDisposableStack();
  const { primary, replicas, inSync } = opened.use(await startReplication(shared));
  const config = {
    sentinel: [
      `monitor ${name} ${primary.host} ${primary.port} ${Math.floor(count / 2) + 1}`,
      `down-after-milliseconds ${name} ${downAfterMs}`,
      `failover-timeout ${name} 5000`,
      ...(shared.password === undefined ? [] : [`auth-pass ${name} ${shared.password}`]),
    ],
  };
  const { server, tls } = shared;
  const sentinels = await Promise.all(
    Array.from({ length: count }, async () =>
      opened.use(
        await startRedis({
          config,
          ...(server !== undefined && { server }),
          ...(tls !== undefined && { tls }),
        }),
      ),
    ),
  );
  const ids = await Promise.all(
    sentinels.map(async (sentinel) => String(await sentinel.call("SENTINEL", "MYID"))),
  );
  await eventually(
    async () => {
      await introduce(primary, name, sentinels, ids);
      await Promise.all(sentinels.map((sentinel) => knowsAll(sentinel, name, replicas.length, count - 1)));
    },
    { timeoutMs: 15_000, intervalMs: 20 },
  );
  const all = opened.move();
  return { name, primary, replicas, inSync, sentinels, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Says the sentinels' hello in their stead: they would say it themselves, but the first time only after two seconds. */
async function introduce(
  primary: RedisServer,
  name: string,
  sentinels: readonly RedisServer[],
  ids: readonly string[],
): Promise<void> {
  for (const [index, { host, port }] of sentinels.entries()) {
    const hello = [host, port, ids[index], 0, name, primary.host, primary.port, 0].join(",");
    await primary.call("PUBLISH", "__sentinel__:hello", hello);
  }
}

async function knowsAll(
  sentinel: RedisServer,
  name: string,
  replicas: number,
  others: number,
): Promise<void> {
  const healthy = async (what: "REPLICAS" | "SENTINELS", flag: string): Promise<number> => {
    const list = (await sentinel.call("SENTINEL", what, name)) as readonly (readonly string[])[];
    return list.filter((facts) => facts[facts.indexOf("flags") + 1] === flag).length;
  };
  const known = [await healthy("REPLICAS", "slave"), await healthy("SENTINELS", "sentinel")];
  if (known[0] !== replicas || known[1] !== others)
    throw new Error(
      `the sentinel on port ${sentinel.port} knows ${known[0]} replicas of ${replicas} and ${known[1]} sentinels of ${others}`,
    );
}
