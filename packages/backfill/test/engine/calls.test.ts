import { setImmediate as turn } from "node:timers/promises";

import { FakeClock } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { Calls, type OpenCall } from "../../src/engine/calls.ts";

const owner = (): { calls: Set<OpenCall> } => ({ calls: new Set() });
const never = (): Promise<never> => new Promise(() => undefined);

describe("calls with a time to end in", () => {
  test("end with what they end with, and leave no timer", async () => {
    const clock = new FakeClock();
    const calls = new Calls("fetch", 100, clock);
    expect(await calls.run(owner(), async () => 7)).toBe(7);
    await expect(calls.run(owner(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(
      calls.run(owner(), () => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(clock.pending).toBe(0);
  });

  test("end late ones each at its own time, with one timer for all, and tell their signals", async () => {
    const clock = new FakeClock();
    const calls = new Calls("write", 100, clock);
    const ended: string[] = [];
    const begin = (name: string): void => {
      calls
        .run(owner(), ({ signal }) => {
          signal.addEventListener("abort", () => ended.push(`${name} told at ${clock.now() - 1_000_000}`));
          return never();
        })
        .catch((error: Error) => ended.push(`${name}: ${error.message}`));
    };
    begin("a");
    await clock.advance(30);
    begin("b");
    expect(clock.pending).toBe(1);
    await clock.advance(69);
    expect(ended).toEqual([]);
    await clock.advance(100);
    expect(ended).toEqual([
      "a told at 100",
      "a: write did not end within 100 ms",
      "b told at 130",
      "b: write did not end within 100 ms",
    ]);
    expect(clock.pending).toBe(0);
  });

  test("tell a signal that is asked for late that it is too late", async () => {
    const calls = new Calls("fetch", 100, new FakeClock());
    const mine = owner();
    let late: AbortSignal | undefined;
    const end = calls.run(mine, async (call) => {
      await turn();
      late = call.signal;
    });
    for (const call of mine.calls) call.end(new Error("over"));
    await expect(end).rejects.toThrow("over");
    await turn();
    expect(late).toMatchObject({ aborted: true, reason: { message: "over" } });
  });

  test("end with their owner at once, whatever the callee does with its signal", async () => {
    const clock = new FakeClock();
    const calls = new Calls("fetch", 100, clock);
    const mine = owner();
    const ends = Promise.allSettled([
      calls.run(mine, never),
      calls.run(mine, never),
      calls.run(owner(), async () => 1),
    ]);
    for (const call of mine.calls) call.end(new Error("fenced"));
    expect(await ends).toMatchObject([
      { reason: { message: "fenced" } },
      { reason: { message: "fenced" } },
      { value: 1 },
    ]);
    expect(mine.calls.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
