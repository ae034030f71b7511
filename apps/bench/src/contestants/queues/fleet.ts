import { Backfill } from "@fleet/backfill";
import { Redis } from "ioredis";

import type { Queue } from "./queue.ts";

const chunkSize = 50;

/** A run over a range: chunks of 50 ids, 50 chunks a claim. */
export const queue: Queue = {
  open: ({ host, port }) => {
    let backfill: Backfill | undefined;
    return Promise.resolve({
      async add(ids) {
        backfill = await Backfill.open({
          connect: () => new Redis({ host, port, lazyConnect: true }),
          name: "bench",
          source: { kind: "range", from: 1, to: ids },
          chunkSize,
        });
      },
      async work() {
        const worker = backfill!.worker({
          limits: { hub: 100, database: 8, requestsPerSecond: Infinity, buffer: 5000 },
          fetch: (id) => Promise.resolve(id),
          sink: { write: () => Promise.resolve() },
        });
        const outcome = await worker.start();
        await worker.close();
        if (outcome !== "complete") throw new Error(`the run was ${outcome}, not complete`);
      },
      async clear() {
        await backfill?.purge();
        await backfill?.close();
        backfill = undefined;
      },
      close: async () => backfill?.close(),
    });
  },
};
