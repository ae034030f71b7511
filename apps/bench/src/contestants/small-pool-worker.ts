import { performance } from "node:perf_hooks";

import { AcquireTimeoutError } from "@fleet/pool";
import { RedisPool } from "@fleet/pool/ioredis";

import type { Figures } from "../harness/scenario.ts";
import { answerRequests } from "./answer-requests.ts";
import { smallPool } from "./small-pool.ts";
import type { SmallPoolPattern, SmallPoolRequest } from "./small-pool.ts";

// The process of one pattern.

const { tasks, consumerEvery, connections, acquireTimeoutMs, blockSeconds, commandsPerJob } = smallPool;

let pool: RedisPool;
let pattern: SmallPoolPattern;

async function leased(command: string, args: readonly (string | number)[]): Promise<unknown> {
  await using lease = await pool.exclusive.acquire();
  // Awaited here, or the lease would end before its reply came.
  return await lease.connection.call(command, ...args);
}

/** A command of a task that does not block: every fiftieth is a job for those that wait. */
function send(count: number): Promise<unknown> {
  const command: readonly [string, ...string[]] =
    count % commandsPerJob === 0 ? ["LPUSH", "jobs", String(count)] : ["SET", "state", String(count)];
  const [name, ...args] = command;
  return pattern === "lanes" ? pool.shared.send(command) : leased(name, args);
}

async function round(roundMs: number): Promise<Figures> {
  let calls = 0;
  let commands = 0;
  let jobs = 0;
  let timeouts = 0;
  const until = performance.now() + roundMs;
  // No jobs are made any more when the time is up, so what ends later says nothing.
  const isOn = (): boolean => performance.now() < until;
  const task = async (_: unknown, index: number): Promise<void> => {
    const consumes = index % consumerEvery === 0;
    while (isOn())
      try {
        if (consumes) {
          const job = await leased("BRPOP", ["jobs", blockSeconds]);
          if (isOn() && job !== null) jobs += 1;
        } else {
          calls += 1;
          await send(calls);
          if (isOn()) commands += 1;
        }
      } catch (error) {
        if (!(error instanceof AcquireTimeoutError)) throw error;
        if (isOn()) timeouts += 1;
      }
  };
  await Promise.all(Array.from({ length: tasks }, task));
  const done = commands + jobs;
  return {
    opsPerSec: (done / roundMs) * 1000,
    jobsPerSec: (jobs / roundMs) * 1000,
    timeouts,
    timeoutPercent: (timeouts / (timeouts + done)) * 100,
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
