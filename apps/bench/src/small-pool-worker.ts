import { performance } from "node:perf_hooks";

import { AcquireTimeoutError } from "@fleet/pool";
import { RedisPool } from "@fleet/pool/ioredis";

import { answerRequests } from "./answer-requests.ts";
import type { Figures } from "./scenario.ts";
import { smallPool } from "./small-pool.ts";
import type { SmallPoolPattern, SmallPoolRequest } from "./small-pool.ts";

// The process of one pattern.

const { tasks, consumers, connections, acquireTimeoutMs, blockSeconds, commandsPerJob } = smallPool;

let pool: RedisPool;
let pattern: SmallPoolPattern;

async function leased(command: string, args: readonly (string | number)[]): Promise<unknown> {
  await using lease = await pool.exclusive.acquire();
  return lease.connection.call(command, ...args);
}

/** A command of a task that does not block: every hundredth is a job for those that wait. */
function send(count: number): Promise<unknown> {
  const command: readonly [string, ...string[]] =
    count % commandsPerJob === 0 ? ["LPUSH", "jobs", String(count)] : ["SET", "state", String(count)];
  const [name, ...args] = command;
  return pattern === "lanes" ? pool.shared.send(command) : leased(name, args);
}

async function round(roundMs: number): Promise<Figures> {
  let calls = 0;
  let jobs = 0;
  let timeouts = 0;
  const until = performance.now() + roundMs;
  const task = async (_: unknown, index: number): Promise<void> => {
    while (performance.now() < until)
      try {
        if (index < consumers) {
          if ((await leased("BRPOP", ["jobs", blockSeconds])) !== null) jobs += 1;
        } else await send((calls += 1));
      } catch (error) {
        if (!(error instanceof AcquireTimeoutError)) throw error;
        timeouts += 1;
        if (index >= consumers) calls -= 1;
      }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: tasks }, task));
  const seconds = (performance.now() - started) / 1000;
  return {
    opsPerSec: (calls + jobs) / seconds,
    jobsPerSec: jobs / seconds,
    timeouts,
    timeoutPercent: (timeouts / (timeouts + calls + jobs)) * 100,
  };
}

async function answer(request: SmallPoolRequest): Promise<Figures | undefined> {
  if (request.type === "round") return round(request.roundMs);
  ({ pattern } = request);
  const max = pattern === "lanes" ? connections - 1 : connections;
  pool = new RedisPool({ name: "bench", ...request.server, exclusive: { max, acquireTimeoutMs } });
  await pool.ready();
  return undefined;
}

answerRequests(answer, () => pool.close());
