import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "@fleet/testkit";

import { answerRequests } from "./answer-requests.ts";
import type {
  Holding,
  Watched,
  WatchedServer,
  Watcher,
  WatcherName,
  WatcherRequest,
} from "./watchers/watcher.ts";

// The process of one watcher: its own heap, event loop and connections.

const resyncMs = 2000;
const patienceMs = 60_000;
const settleMs = 500;
const resolutionMs = 1;

const load: Readonly<Record<WatcherName, () => Promise<Watcher>>> = {
  fleet: async () => (await import("./watchers/fleet.ts")).watcher,
  "make-informer": async () => (await import("./watchers/make-informer.ts")).informers(false),
  "make-informer-restarted": async () => (await import("./watchers/make-informer.ts")).informers(true),
  "kubernetes-fluent-client": async () => (await import("./watchers/kubernetes-fluent-client.ts")).watcher,
};

let watcher: Watcher;
let server: WatchedServer;
let watched: Watched | undefined;

async function collectedHeap(): Promise<number> {
  await sleep(settleMs);
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

async function hold(objects: number, slices: boolean): Promise<Holding> {
  const before = await collectedHeap();
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const started = performance.now();
  const opened = watcher.open(server, { slices, resyncMs });
  watched = opened;
  await eventually(
    () => {
      if (opened.objects < objects) throw new Error(`${opened.objects} of ${objects} objects after a minute`);
    },
    { timeoutMs: patienceMs, intervalMs: 5 },
  );
  const syncedMs = performance.now() - started;
  delay.disable();
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  const heapBytes = (await collectedHeap()) - before;
  return { syncedMs, heapBytes, longestBlockMs: delay.max / 1e6 - resolutionMs, rssMiB };
}

async function answer(request: WatcherRequest): Promise<unknown> {
  switch (request.type) {
    case "load":
      watcher = await load[request.watcher]();
      server = request.server;
      return undefined;
    case "hold":
      return hold(request.objects, request.slices);
    case "idle": {
      const cpu = process.cpuUsage();
      await sleep(request.ms);
      const { user, system } = process.cpuUsage(cpu);
      return ((user + system) / 1000 / request.ms) * 100;
    }
    case "release": {
      await watched?.close();
      watched = undefined;
      return undefined;
    }
    case "open":
      watched = watcher.open(server, { slices: false });
      return undefined;
    case "look":
      return watched?.versionOf(request.service);
    default:
      return undefined;
  }
}

answerRequests(answer, async () => watched?.close());
