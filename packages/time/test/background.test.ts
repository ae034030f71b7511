import { FakeClock, ranScript } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { inBackground, keepAlive } from "../src/index.ts";

describe("a clock in the background", () => {
  test("is the same time with the same timers", async () => {
    const clock = new FakeClock();
    const background = inBackground(clock);
    const fired: string[] = [];
    background.setTimeout(() => fired.push("a"), 10);
    background.clearTimeout(background.setTimeout(() => fired.push("b"), 10));
    await clock.advance(10);
    expect(fired).toEqual(["a"]);
    expect(background.now()).toBe(clock.now());
    expect(clock.pending).toBe(0);
  });

  test("lets the process end", async () => {
    const script = `
      import { inBackground, systemClock } from "@fleet/time";
      inBackground(systemClock).setTimeout(() => console.log("fired"), 60_000);`;
    expect(await ranScript(script, import.meta.dirname)).toEqual({ code: 0, output: "" });
  });
});

describe("a promise that keeps the process alive", () => {
  test("has the outcome of the work", async () => {
    await expect(keepAlive(Promise.resolve(1))).resolves.toBe(1);
    await expect(keepAlive(Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  test("does so until it has settled, and no longer", async () => {
    const script = `
      import { inBackground, keepAlive, sleep, systemClock } from "@fleet/time";
      await keepAlive(sleep(inBackground(systemClock), 20));
      console.log("slept");`;
    expect(await ranScript(script, import.meta.dirname)).toEqual({ code: 0, output: "slept\n" });
  });
});
