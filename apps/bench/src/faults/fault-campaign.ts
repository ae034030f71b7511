import { setTimeout as sleep } from "node:timers/promises";

import { service, startApiServerDouble } from "@fleet/testkit/kubernetes";

import { startWatcher } from "../contestants/watcher-process.ts";
import { namespace } from "../contestants/watchers/cluster-objects.ts";
import type { WatcherName } from "../contestants/watchers/watcher.ts";
import type { Contestant, Figures } from "../harness/scenario.ts";
import { watchFaults } from "./watch-faults.ts";

export interface CampaignOptions {
  readonly watchers: readonly WatcherName[];
  /** How long one may take to notice the change behind a fault. */
  readonly windowMs: number;
  readonly folder: string;
}

const name = "orders";
const startMs = 60_000;
/** Whoever comes back at once has met the fault by then; whoever does not comes back to a change, or never. */
const faultMs = 4000;
const lookMs = 500;

/**
 * Every fault for every watcher, each with a server and a process of its own, all at one time: they mostly wait. It is
 * played once, whoever is asked first, and is the same in all rounds.
 */
export function faultCampaign(options: CampaignOptions): readonly Contestant[] {
  let played: Promise<ReadonlyMap<WatcherName, Figures>> | undefined;
  return options.watchers.map((watcher) => ({
    name: `${watcher}-faults`,
    measure: async ({ signal }) => {
      played ??= play(options, signal);
      return (await played).get(watcher)!;
    },
  }));
}

async function play(
  { watchers, ...options }: CampaignOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<WatcherName, Figures>> {
  const figures = watchers.map(async (watcher) => {
    const waits = await Promise.all(
      Object.values(watchFaults).map((fault) => survive(watcher, fault, options, signal)),
    );
    const inSync = waits.filter((wait) => wait !== undefined);
    return [
      watcher,
      {
        inSyncOfTen: inSync.length,
        ...(inSync.length > 0 && { slowestInSyncMs: Math.max(...inSync) }),
        // One bit a fault, in the order of the list, so that a table of numbers says which.
        ...Object.fromEntries(
          waits.map((wait, index) => [`fault${index + 1}InSync`, wait === undefined ? 0 : 1]),
        ),
      },
    ] as const;
  });
  return new Map(await Promise.all(figures));
}

/** Milliseconds until the change was known; undefined when it was not within the window. */
async function survive(
  watcher: WatcherName,
  fault: (typeof watchFaults)[string],
  { windowMs, folder }: Omit<CampaignOptions, "watchers">,
  signal: AbortSignal,
): Promise<number | undefined> {
  await using double = await startApiServerDouble();
  await double.apply(service(name, { namespace, labels: labels("1") }));
  await using process = await startWatcher(watcher, double, folder, signal);
  const sees = (version: string): Promise<boolean> =>
    process.ask<string | undefined>({ type: "look", service: name }, signal).then((seen) => seen === version);
  await process.ask({ type: "open" }, signal);
  const isOpen = await becomes(
    async () => (await sees("1")) && double.open("watch", "services") > 0,
    startMs,
    signal,
  );
  if (!isOpen) throw new Error(`${watcher} does not watch ${startMs} ms after its start`);
  await fault(double);
  await sleep(faultMs, undefined, { signal });
  const changed = performance.now();
  await double.apply(service(name, { namespace, labels: labels("2") }));
  try {
    const isInSync = await becomes(() => sees("2"), windowMs, signal);
    return isInSync ? performance.now() - changed : undefined;
  } catch {
    // Its process may have ended, which is one way not to know.
    signal.throwIfAborted();
    return undefined;
  }
}

/** Whether it is so before the time is up. */
async function becomes(
  check: () => Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > until) return false;
    await sleep(lookMs, undefined, { signal });
  }
  return true;
}

const labels = (version: string): Readonly<Record<string, string>> => ({ version });
