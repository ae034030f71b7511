import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Throttle } from "../../src/kubernetes/throttle.ts";

interface Scene {
  readonly clock: FakeClock;
  readonly pace: Throttle;
  readonly begun: readonly number[];
  readonly finish: () => void;
}

function scene(): Scene {
  const clock = new FakeClock(0);
  const begun: number[] = [];
  let finish: () => void = () => {};
  const pace = new Throttle({
    clock,
    ms: 5,
    work: () => {
      begun.push(clock.now());
      return new Promise((resolve) => (finish = resolve));
    },
  });
  return { clock, pace, begun, finish: () => finish() };
}

describe("work that is asked for again and again", () => {
  test("is done at once when it is quiet, though not before who asks has ended", async () => {
    const { clock, pace, begun } = scene();
    pace.ask();
    pace.ask();
    expect(begun).toEqual([]);
    await clock.advance(0);
    expect(begun).toEqual([0]);
  });

  test("is done at a steady pace when it is not, and once for all who asked meanwhile", async () => {
    const { clock, pace, begun, finish } = scene();
    pace.ask();
    await clock.advance(1);
    finish();
    await clock.advance(0);
    for (let i = 0; i < 10; i += 1) pace.ask();
    await clock.advance(3);
    expect(begun).toEqual([0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 5]);
  });

  test("is never done twice at a time, and once more when it was asked for meanwhile", async () => {
    const { clock, pace, begun, finish } = scene();
    pace.ask();
    await clock.advance(1);
    pace.ask();
    pace.ask();
    await clock.advance(20);
    expect(begun).toEqual([0]);
    finish();
    await clock.advance(0);
    expect(begun).toEqual([0, 21]);
    finish();
    await clock.advance(100);
    expect(begun).toEqual([0, 21]);
    expect(clock.pending).toBe(0);
  });

  test("is not done any more once it is stopped", async () => {
    const { clock, pace, begun, finish } = scene();
    pace.ask();
    await clock.advance(0);
    finish();
    await clock.advance(0);
    pace.ask();
    pace.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(100);
    pace.ask();
    await clock.advance(100);
    expect(begun).toEqual([0]);
  });

  test("is not done any more once it is stopped while it is under way, or before it began", async () => {
    const under = scene();
    under.pace.ask();
    await under.clock.advance(0);
    under.pace.ask();
    under.pace.stop();
    under.finish();
    await under.clock.advance(100);
    expect(under.begun).toEqual([0]);
    const before = scene();
    before.pace.ask();
    before.pace.stop();
    await before.clock.advance(100);
    expect(before.begun).toEqual([]);
  });
});
