import type { ApiServerDouble } from "@fleet/testkit/kubernetes";

import type { Contestant } from "../harness/scenario.ts";
import { startWatcher } from "./watcher-process.ts";
import type { Holding, WatcherName } from "./watchers/watcher.ts";

const idleMs = 5000;

/** One that holds all Services of a server, then their slices too, in a process that begins anew each round. */
export function holding(
  name: string,
  options: {
    readonly watcher: WatcherName;
    readonly double: ApiServerDouble;
    readonly services: number;
    readonly folder: string;
    /** Whether it reads anything again by itself. */
    readonly resyncs: boolean;
  },
): Contestant {
  const { watcher, double, services, folder, resyncs } = options;
  return {
    name,
    async measure({ signal }) {
      await using process = await startWatcher(watcher, double, folder, signal);
      const alone = await process.ask<Holding>({ type: "hold", objects: services, slices: false }, signal);
      await process.ask({ type: "release" }, signal);
      const all = await process.ask<Holding>({ type: "hold", objects: 2 * services, slices: true }, signal);
      const lists = (): number => double.count("list", "services");
      const before = { lists: lists(), bytes: double.bytesSent };
      const idleCpuPercent = await process.ask<number>({ type: "idle", ms: idleMs }, signal);
      const rounds = lists() - before.lists;
      return {
        servicesPerSec: (services / all.syncedMs) * 1000,
        syncedMs: all.syncedMs,
        bytesPerService: alone.heapBytes / services,
        bytesPerServiceAndSlice: all.heapBytes / services,
        longestBlockMs: all.longestBlockMs,
        rssMiB: all.rssMiB,
        idleCpuPercent,
        // Of Services and of slices, each checked once.
        ...(resyncs && rounds > 0 && { resyncBytes: (double.bytesSent - before.bytes) / rounds }),
      };
    },
  };
}
