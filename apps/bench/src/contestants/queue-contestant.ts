import type { RedisServer } from "@fleet/testkit";

import type { Contestant } from "../harness/scenario.ts";
import type { AskedProcess } from "../load/asked-process.ts";
import type { QueueRequest, Taken } from "./queues/queue.ts";

const firstGuess = 5000;
const million = 1e6;

/** One queue: a turn hands over as many ids as it could work through in the time that a turn has, and has them worked through. */
export function queueContestant(
  name: string,
  process: AskedProcess<QueueRequest>,
  redis: RedisServer,
): Contestant {
  let idsPerMs = firstGuess / 1000;
  return {
    name,
    async measure({ roundMs, signal }) {
      const ids = Math.max(1000, Math.round(idsPerMs * roundMs));
      const before = await usage(redis);
      const adding = await process.ask<Taken>({ type: "add", ids }, signal);
      const added = await usage(redis);
      const work = await process.ask<Taken>({ type: "work" }, signal);
      const after = await usage(redis);
      await process.ask({ type: "clear" }, signal);
      const wholeMs = adding.ms + work.ms;
      idsPerMs = ids / wholeMs;
      const grown = Math.max(added.bytes, after.bytes) - before.bytes;
      return {
        opsPerSec: (ids / work.ms) * 1000,
        withAddingPerSec: (ids / wholeMs) * 1000,
        redisCpuUsPerId: (after.cpuUs - before.cpuUs) / ids,
        clientCpuUsPerId: (adding.cpuUs + work.cpuUs) / ids,
        redisMiBPerMillionIds: ((grown / ids) * million) / 2 ** 20,
        ids,
      };
    },
  };
}

async function usage(redis: RedisServer): Promise<{ readonly cpuUs: number; readonly bytes: number }> {
  const info = String(await redis.call("INFO", "everything"));
  const field = (name: string): number => Number(new RegExp(`^${name}:(.+?)\\r?$`, "m").exec(info)?.[1]);
  return {
    cpuUs: (field("used_cpu_user") + field("used_cpu_sys")) * million,
    bytes: field("used_memory"),
  };
}
