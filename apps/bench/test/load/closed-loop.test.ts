import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { closedLoop } from "../../src/load/closed-loop.ts";

const roundMs = 1000;

/** A server that answers after 2 ms, one call after the other or all at once. */
function serverOf(clock: FakeClock): {
  readonly call: () => Promise<void>;
  readonly seen: { most: number; calls: number };
} {
  const seen = { most: 0, calls: 0 };
  let open = 0;
  return {
    seen,
    call: () => {
      open += 1;
      seen.calls += 1;
      seen.most = Math.max(seen.most, open);
      return new Promise((resolve) => {
        clock.setTimeout(() => {
          open -= 1;
          resolve();
        }, 2);
      });
    },
  };
}

test("keeps that many calls under way, counts and times them, and waits for the last reply", async () => {
  const clock = new FakeClock();
  const { call, seen } = serverOf(clock);
  const loop = closedLoop({ inFlight: 10, durationMs: roundMs, call, clock });
  await clock.advance(roundMs + 2);
  const figures = await loop;
  expect(seen.most).toBe(10);
  expect(figures.opsPerSec! * (clock.now() / 1000)).toBeGreaterThanOrEqual(seen.calls);
  expect(figures.opsPerSec).toBeGreaterThan(4900);
  expect(figures.opsPerSec).toBeLessThan(5100);
  expect(figures["p50Ms"]).toBeCloseTo(2, 1);
  expect(figures["p99Ms"]).toBeCloseTo(2, 1);
  expect(clock.pending).toBe(0);
});

test("a wrong reply ends the loop with its error", async () => {
  const clock = new FakeClock();
  const call = (): Promise<void> => Promise.reject(new Error("GET answered something else"));
  await expect(closedLoop({ inFlight: 2, durationMs: roundMs, call, clock })).rejects.toThrow(
    "something else",
  );
});
