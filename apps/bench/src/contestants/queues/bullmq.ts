import { Queue as BullQueue, Worker } from "bullmq";

import type { Queue } from "./queue.ts";

const name = "bench";
const concurrency = 100;
const bulk = 1000;

/** BullMQ, one job an id, a hundred at a time in one process; finished jobs are removed, which is not its default. */
export const bullmq = (adding: "bulk" | "one by one"): Queue => ({
  async open(connection) {
    const jobs = new BullQueue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
    await jobs.waitUntilReady();
    await jobs.pause();
    let done = Promise.withResolvers<void>();
    let left = 0;
    const worker = new Worker(name, () => Promise.resolve(), { connection, concurrency });
    worker.on("error", () => {});
    worker.on("completed", () => {
      left -= 1;
      if (left === 0) done.resolve();
    });
    worker.on("failed", (_job, error) => done.reject(error));
    await worker.waitUntilReady();
    return {
      async add(ids) {
        left = ids;
        done = Promise.withResolvers();
        if (adding === "one by one") for (let id = 1; id <= ids; id += 1) await jobs.add("id", { id });
        else
          for (let from = 1; from <= ids; from += bulk) {
            const length = Math.min(bulk, ids - from + 1);
            await jobs.addBulk(
              Array.from({ length }, (_, offset) => ({ name: "id", data: { id: from + offset } })),
            );
          }
      },
      async work() {
        await jobs.resume();
        await done.promise;
        await jobs.pause();
      },
      clear: () => jobs.drain(true),
      async close() {
        await worker.close(true);
        await jobs.close();
      },
    };
  },
});
