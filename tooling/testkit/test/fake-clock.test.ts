import * as fc from "fast-check";
import { expect, test } from "vitest";

import { FakeClock } from "../src/index.ts";

test("time stands still until it is advanced", async () => {
  const clock = new FakeClock(500);
  expect(clock.now()).toBe(500);
  await clock.advance(250);
  expect(clock.now()).toBe(750);
});

test("due timers fire in order, each at its own time, and only they", async () => {
  const clock = new FakeClock(0);
  const fired: string[] = [];
  for (const ms of [30, 10, 20, 10, 99]) clock.setTimeout(() => fired.push(`${ms} at ${clock.now()}`), ms);
  expect(clock.pending).toBe(5);
  await clock.advance(30);
  expect(fired).toEqual(["10 at 10", "10 at 10", "20 at 20", "30 at 30"]);
  expect(clock.pending).toBe(1);
});

test("a cleared timer does not fire, cleared twice or after its time without harm", async () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  const handle = clock.setTimeout(() => fired.push("cleared"), 5);
  const other = clock.setTimeout(() => fired.push("kept"), 5);
  clock.clearTimeout(handle);
  clock.clearTimeout(handle);
  await clock.advance(5);
  clock.clearTimeout(other);
  clock.clearTimeout(undefined);
  expect(fired).toEqual(["kept"]);
});

test("promises go on between two timers, and what they schedule is fired in its turn", async () => {
  const clock = new FakeClock(0);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms));
  const log: string[] = [];
  const task = async (): Promise<void> => {
    await wait(10);
    log.push(`first at ${clock.now()}`);
    await wait(10);
    log.push(`second at ${clock.now()}`);
  };
  const done = task();
  clock.setTimeout(() => log.push(`other at ${clock.now()}`), 15);
  await clock.advance(20);
  await done;
  expect(log).toEqual(["first at 10", "other at 15", "second at 20"]);
});

test("a timer that sets itself again fires as often as it fits", async () => {
  const clock = new FakeClock();
  let times = 0;
  const again = (): void => {
    times += 1;
    clock.setTimeout(again, 100);
  };
  clock.setTimeout(again, 100);
  await clock.advance(1000);
  expect(times).toBe(10);
});

test("a negative delay is due now; time never goes back", async () => {
  const clock = new FakeClock(0);
  let fired = false;
  clock.setTimeout(() => (fired = true), -5);
  await clock.advance(0);
  expect(fired).toBe(true);
  await expect(clock.advance(-1)).rejects.toThrow("advance(-1)");
  await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
});

test("advancing at once and in steps fires the same", async () => {
  const run = async (delays: readonly number[], steps: readonly number[]): Promise<readonly string[]> => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    for (const [index, ms] of delays.entries())
      clock.setTimeout(() => fired.push(`${index} at ${clock.now()}`), ms);
    for (const step of steps) await clock.advance(step);
    return fired;
  };
  const times = (minLength: number): fc.Arbitrary<number[]> =>
    fc.array(fc.nat({ max: 50 }), { minLength, maxLength: 8 });
  await fc.assert(
    // At least one step: whoever never advances fires nothing, not even what is due at once.
    fc.asyncProperty(times(0), times(1), async (delays, steps) => {
      const total = steps.reduce((sum, step) => sum + step, 0);
      expect(await run(delays, steps)).toEqual(await run(delays, [total]));
    }),
    { numRuns: 50 },
  );
});
