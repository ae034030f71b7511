import { getEventListeners } from "node:events";

import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { sleep } from "../src/index.ts";

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe("sleep", () => {
  test("ends with its time, not before", async () => {
    const clock = new FakeClock();
    const slept = sleep(clock, 100);
    await clock.advance(99);
    expect(await isSettled(slept)).toBe(false);
    await clock.advance(1);
    await slept;
  });

  test("is over at once on a signal that has aborted, and makes no timer", async () => {
    const clock = new FakeClock();
    await sleep(clock, 100, new AbortController().signal, AbortSignal.abort());
    expect(clock.pending).toBe(0);
  });

  test("ends with whichever signal aborts, and leaves neither timer nor listener", async () => {
    const clock = new FakeClock();
    const [first, second] = [new AbortController(), new AbortController()];
    const slept = sleep(clock, 100, undefined, first.signal, second.signal);
    const listeners = (): number[] =>
      [first, second].map(({ signal }) => getEventListeners(signal, "abort").length);
    expect([clock.pending, listeners()]).toEqual([1, [1, 1]]);
    second.abort();
    await slept;
    expect([clock.pending, listeners()]).toEqual([0, [0, 0]]);
  });
});
