import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { AuthenticationError } from "../src/index.ts";
import { Redial } from "../src/redial.ts";

/** With the longest pause that chance allows, unless told otherwise. */
function open(random = 1): { clock: FakeClock; redial: Redial; dials: number[] } {
  const clock = new FakeClock(0);
  const dials: number[] = [];
  const rested = (): void => void dials.push(clock.now());
  return {
    clock,
    dials,
    redial: new Redial({ minDelayMs: 8, maxDelayMs: 50, clock, random: () => random, rested }),
  };
}

test("each failure in a row doubles the pause up to its most; a success begins anew", async () => {
  const { clock, redial, dials } = open();
  for (let failure = 0; failure < 5; failure += 1) {
    redial.failed(new Error("refused"));
    await clock.advance(50);
  }
  redial.succeeded();
  redial.failed(new Error("refused"));
  await clock.advance(50);
  expect(dials).toEqual([8, 50 + 16, 100 + 32, 150 + 50, 200 + 50, 250 + 8]);
});

test("chance makes the pause shorter", async () => {
  const { clock, redial, dials } = open(0.25);
  redial.failed(new Error("refused"));
  await clock.advance(50);
  expect(dials).toEqual([2]);
});

test("after refused credentials the pause is a second at least", async () => {
  const { clock, redial, dials } = open();
  redial.failed(new AuthenticationError("test", "WRONGPASS"));
  await clock.advance(5000);
  expect(dials).toEqual([1000]);
});

test("a failure within a pause starts it anew: one dial for both", async () => {
  const { clock, redial, dials } = open();
  redial.failed(new Error("refused"));
  await clock.advance(7);
  redial.failed(new Error("refused"));
  expect(redial.resting).toBe(true);
  await clock.advance(50);
  expect(dials).toEqual([7 + 16]);
  expect(redial.resting).toBe(false);
});

test("nothing is dialed after a stop", async () => {
  const { clock, redial, dials } = open();
  redial.failed(new Error("refused"));
  redial.stop();
  await clock.advance(50);
  expect({ dials, timers: clock.pending }).toEqual({ dials: [], timers: 0 });
});
