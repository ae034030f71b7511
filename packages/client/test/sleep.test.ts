import { getEventListeners } from "node:events";

import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { sleep } from "../src/sleep.ts";

test("wakes after its time, or with the first signal, and leaves neither timer nor listener", async () => {
  const clock = new FakeClock();
  const one = new AbortController();
  const other = new AbortController();
  const signals = [one.signal, undefined, other.signal];
  let woken = 0;
  const sleeping = (): Promise<void> => sleep(clock, 100, signals).then(() => void (woken += 1));
  const first = sleeping();
  await clock.advance(99);
  expect(woken).toBe(0);
  await clock.advance(1);
  await first;
  const second = sleeping();
  other.abort();
  await second;
  await sleeping();
  expect(woken).toBe(3);
  expect(clock.pending).toBe(0);
  for (const { signal } of [one, other]) expect(getEventListeners(signal, "abort")).toEqual([]);
});
