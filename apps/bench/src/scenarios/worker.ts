import { startRedis } from "@fleet/testkit";

import { queueContestant } from "../contestants/queue-contestant.ts";
import type { QueueName, QueueRequest } from "../contestants/queues/queue.ts";
import { smallPool } from "../contestants/small-pool.ts";
import type { SmallPoolPattern, SmallPoolRequest } from "../contestants/small-pool.ts";
import { nested, staged } from "../faults/two-limits.ts";
import type { Comparison, Context, Contestant, Field, Figures, Scenario } from "../harness/scenario.ts";
import { AskedProcess } from "../load/asked-process.ts";
import { Cores, loadCore, serverCore } from "../load/cores.ts";
import type { Address } from "../load/peer.ts";

const queues: readonly QueueName[] = ["fleet", "bullmq", "bullmq-one-by-one"];
/** Name of the row -> what is done. */
const patterns: Readonly<Record<string, SmallPoolPattern>> = { lanes: "lanes", "one-pool": "one-pool" };
/** As a queue should run: what was acknowledged is on the disk within a second. */
const config = { appendonly: "yes", appendfsync: "everysec" };

const comparisons: readonly Comparison[] = [
  {
    title:
      "ids worked through with nothing to do for each: chunks of 50, against a job an id; opsPerSec without the adding",
    ours: "fleet",
    theirs: { bullmq: "bullmq" },
  },
  {
    title: "the same with the adding, by addBulk and one by one",
    ours: "fleet",
    theirs: { "bullmq-with-adding": "bullmq", "bullmq-one-by-one": "bullmq-one-by-one" },
    figure: "withAddingPerSec",
  },
  {
    title: `${smallPool.tasks} tasks over ${smallPool.connections} connections, every fifth of them waiting for jobs: lanes, against one pool for all calls`,
    ours: "lanes",
    theirs: { "one-pool": "one-pool" },
  },
  {
    title:
      "two limits, 5 fetches of 100 ms and 8 writes of 150 ms at a time: one stage each, against permits held through both",
    ours: "staged",
    theirs: { nested: "nested" },
  },
];

export const worker: Scenario = {
  name: "worker",
  question: "What does the queue cost an id, against BullMQ, and what do lanes and stages save?",
  full: { rounds: 7, roundMs: 3000 },
  quick: { rounds: 2, roundMs: 1500 },
  prepare,
};

async function prepare({ opened }: Context): Promise<Field> {
  const cores = new Cores();
  const start = async <Request>(
    name: string,
    file: URL,
    open: (server: Address) => Request,
  ): Promise<{ readonly process: AskedProcess<Request>; readonly redis: Redis }> => {
    const redis = opened.use(await startRedis({ config }));
    await cores.move(serverCore, redis.pid);
    const process = opened.use(new AskedProcess<Request>({ name, file }));
    await process.ask(open({ host: redis.host, port: redis.port }));
    await cores.move(loadCore, process.pid);
    return { process, redis };
  };
  const contestants: Contestant[] = [];
  for (const queue of queues) {
    const { process, redis } = await start<QueueRequest>(
      queue,
      new URL("../contestants/queue-worker.ts", import.meta.url),
      (server) => ({
        type: "open",
        queue,
        server,
      }),
    );
    contestants.push(queueContestant(queue, process, redis));
  }
  for (const [name, pattern] of Object.entries(patterns)) {
    const { process } = await start<SmallPoolRequest>(
      name,
      new URL("../contestants/small-pool-worker.ts", import.meta.url),
      (server) => ({
        type: "open",
        pattern,
        server,
      }),
    );
    contestants.push({
      name,
      measure: ({ roundMs, signal }) => process.ask<Figures>({ type: "round", roundMs }, signal),
    });
  }
  const redis = opened.use(await startRedis({ config }));
  return {
    contestants: [...contestants, staged({ host: redis.host, port: redis.port }), nested],
    comparisons,
    packages: { "@fleet/backfill": "@fleet/backfill", bullmq: "bullmq", ioredis: "ioredis" },
    versions: { [`${redis.flavour}-server`]: redis.version },
    setup: { pinning: cores.fact },
    notes: [],
  };
}

type Redis = Awaited<ReturnType<typeof startRedis>>;
