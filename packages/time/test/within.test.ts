import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { within } from "../src/index.ts";

const late = (): Error => new RangeError("late");

/** The rejections that nothing handled while the work ran. */
async function unhandledDuring(work: (clock: FakeClock) => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const listen = (reason: unknown): void => void seen.push(reason);
  process.on("unhandledRejection", listen);
  const clock = new FakeClock();
  await work(clock);
  // Node reports a rejection before it goes on to what waits for input and output.
  await clock.advance(0);
  process.off("unhandledRejection", listen);
  expect(clock.pending).toBe(0);
  return seen;
}

describe("within", () => {
  test("gives what the work gives in time, and leaves no timer", async () => {
    const clock = new FakeClock();
    expect(await within(Promise.resolve(7), { clock, ms: 10, late })).toBe(7);
    await expect(within(Promise.reject(new TypeError("own")), { clock, ms: 10, late })).rejects.toThrow(
      "own",
    );
    expect(clock.pending).toBe(0);
  });

  test("throws what late makes when the time is over, and drops what comes later", async () => {
    const unhandled = await unhandledDuring(async (clock) => {
      const work = Promise.withResolvers<never>();
      const outcome = within(work.promise, { clock, ms: 10, late }).catch((error: unknown) => error);
      await clock.advance(10);
      expect(await outcome).toEqual(late());
      work.reject(new Error("later"));
    });
    expect(unhandled).toEqual([]);
  });

  test("throws the reason of its signal, also of one that has aborted, without losing the work's rejection", async () => {
    const unhandled = await unhandledDuring(async (clock) => {
      const leaving = new AbortController();
      const options = { clock, ms: 10, late, signal: leaving.signal };
      const outcome = within(new Promise<never>(() => {}), options);
      leaving.abort(new Error("left"));
      await expect(outcome).rejects.toThrow("left");
      await expect(within(Promise.reject(new Error("own")), options)).rejects.toThrow("left");
    });
    expect(unhandled).toEqual([]);
  });
});
