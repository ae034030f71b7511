import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { Backfill } from "@fleet/backfill";
import { Redis } from "ioredis";

import type { Contestant } from "../harness/scenario.ts";
import type { Address } from "../load/peer.ts";

/** Permits of a hub and a database, and what a call of each takes. */
const hub = { permits: 5, ms: 100 };
const database = { permits: 8, ms: 150 };

const ceilings = {
  nested: (Math.min(hub.permits, database.permits) / (hub.ms + database.ms)) * 1000,
  staged: Math.min(hub.permits / hub.ms, database.permits / database.ms) * 1000,
};

/** A worker of ours with these limits, one id a chunk. */
export function staged(server: Address): Contestant {
  let runs = 0;
  return {
    name: "staged",
    async measure({ roundMs, signal }) {
      runs += 1;
      const ids = Math.max(50, Math.round((ceilings.staged * roundMs) / 1000));
      await using backfill = await Backfill.open({
        connect: () => new Redis({ ...server, lazyConnect: true }),
        name: `staged-${runs}`,
        source: { kind: "range", from: 1, to: ids },
        chunkSize: 1,
      });
      const worker = backfill.worker({
        limits: { hub: hub.permits, database: database.permits, requestsPerSecond: Infinity },
        fetch: async (id) => {
          await sleep(hub.ms);
          return id;
        },
        sink: { write: () => sleep(database.ms) },
      });
      const started = performance.now();
      try {
        await worker.start({ signal });
      } finally {
        await worker.close();
      }
      const seconds = (performance.now() - started) / 1000;
      await backfill.purge();
      return { opsPerSec: ids / seconds, ceilingPerSec: ceilings.staged };
    },
  };
}

/** The permit of the hub is held while the database is written to: as many ids at a time as the smaller of the two admits. */
export const nested: Contestant = {
  name: "nested",
  async measure({ roundMs, signal }) {
    let ids = 0;
    const started = performance.now();
    const caller = async (): Promise<void> => {
      while (performance.now() - started < roundMs) {
        await sleep(hub.ms, undefined, { signal });
        await sleep(database.ms, undefined, { signal });
        ids += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(hub.permits, database.permits) }, caller));
    const seconds = (performance.now() - started) / 1000;
    return { opsPerSec: ids / seconds, ceilingPerSec: ceilings.nested };
  },
};
