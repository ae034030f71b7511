import { Queue } from "bullmq";

import type { BullmqChildOptions } from "./bullmq-child.ts";
import type { System } from "./system.ts";

/** BullMQ with its defaults, a job per chunk. */
export const bullmq: System = {
  name: "bullmq",
  hasTokens: false,
  async open(redis, round) {
    const { name, chunkSize, perSecond, ledgerPort } = round;
    const queue = new Queue<{ readonly ids: readonly string[] }>(name, {
      connection: { host: redis.host, port: redis.port },
      defaultJobOptions: { attempts: 5, backoff: { type: "exponential", delay: 50 }, removeOnComplete: true },
    });
    queue.on("error", () => "Redis is killed now and then");
    const jobs = Array.from({ length: Math.ceil((round.to - round.from + 1) / chunkSize) }, (_, chunk) => {
      const first = round.from + chunk * chunkSize;
      const length = Math.min(chunkSize, round.to - first + 1);
      return { name: "chunk", data: { ids: Array.from({ length }, (_, index) => String(first + index)) } };
    });
    await queue.addBulk(jobs);
    return {
      startWorker(children, { port }, schedule) {
        // The schedule is the same; it has no steps of ours to die at, so the lot is drawn and not used.
        schedule.crashPoint();
        const jobsPerSecond = Math.floor(perSecond / chunkSize);
        const options: BullmqChildOptions = { redisPort: port, ledgerPort, name, jobsPerSecond };
        return children.start("bullmq-child.ts", options);
      },
      isThrough: async () => {
        const counts = await queue.getJobCounts("wait", "active", "delayed", "prioritized");
        return Object.values(counts).every((count) => count === 0);
      },
      dead: async () => (await queue.getFailed()).flatMap(({ data }) => data.ids),
      claims: async () => JSON.stringify(await queue.getJobCounts()),
      [Symbol.asyncDispose]: () => queue.close(),
    };
  },
};
