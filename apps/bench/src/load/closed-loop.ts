import { createHistogram, performance } from "node:perf_hooks";

import type { Figures } from "../harness/scenario.ts";

export interface ClosedLoopOptions {
  /** How many callers there are; each waits for its reply before it calls again. */
  readonly inFlight: number;
  readonly durationMs: number;
  /** Makes one call; rejects when the reply is wrong. */
  readonly call: () => Promise<void>;
  /** @default performance.now and the global setTimeout */
  readonly clock?: { now(): number; setTimeout(callback: () => void, ms: number): unknown };
}

// A prime, so that it shares no divisor with the number of callers and every place in a joined write gets its turn.
const sampleEvery = 17;
const nanosecondsPerMs = 1e6;
const systemClock = {
  now: () => performance.now(),
  setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
};

/** A closed loop: as many calls as the other side can take from this many callers. Every 17th call is timed. */
export async function closedLoop({
  inFlight,
  durationMs,
  call,
  clock = systemClock,
}: ClosedLoopOptions): Promise<Figures> {
  const latencies = createHistogram({ figures: 3, highest: 3_600_000 * nanosecondsPerMs });
  let calls = 0;
  const round = { over: false };
  clock.setTimeout(() => (round.over = true), durationMs);

  const caller = async (): Promise<void> => {
    while (!round.over) {
      calls += 1;
      if (calls % sampleEvery === 0) {
        const called = clock.now();
        await call();
        latencies.record(Math.max(1, Math.round((clock.now() - called) * nanosecondsPerMs)));
      } else await call();
    }
  };

  const cpu = process.cpuUsage();
  const started = clock.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  const elapsedMs = clock.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return {
    opsPerSec: (calls / elapsedMs) * 1000,
    p50Ms: latencies.percentile(50) / nanosecondsPerMs,
    p99Ms: latencies.percentile(99) / nanosecondsPerMs,
    clientCpuUsPerOp: (user + system) / calls,
  };
}
