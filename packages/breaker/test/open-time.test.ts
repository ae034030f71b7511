import { seededRandom } from "@fleet/testkit";
import { describe, expect, it } from "vitest";

import { OpenTime } from "../src/open-time.ts";
import { permit, scene, trip } from "./scene.ts";

const plain = { openMs: 1_000, maxOpenMs: 60_000, jitter: 0, random: Math.random };

describe("the open time", () => {
  it("doubles from openMs up to maxOpenMs", () => {
    const openTime = new OpenTime(plain);
    const drawn = Array.from({ length: 9 }, () => openTime.draw());
    expect(drawn).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("does not overflow in an outage of a year", () => {
    const openTime = new OpenTime(plain);
    for (let opening = 0; opening < 525_600; opening += 1) openTime.draw();
    expect(openTime.nextMs).toBe(60_000);
    openTime.fade(63_000);
    expect(openTime.nextMs).toBe(1_000);
  });

  it("keeps its memory across a short recovery and pays it back with closed time", () => {
    const openTime = new OpenTime(plain);
    for (let opening = 0; opening < 3; opening += 1) openTime.draw();
    openTime.fade(100);
    expect(openTime.nextMs).toBe(8_000);
    openTime.fade(4_000);
    expect(openTime.nextMs).toBe(4_000);
    openTime.fade(3_000);
    expect(openTime.nextMs).toBe(1_000);
    openTime.fade(1e9);
    expect(openTime.nextMs).toBe(1_000);
  });

  it("stays within 20 % and spreads the first probes of 1000 breakers over that band", () => {
    const random = seededRandom(7);
    const waits = Array.from({ length: 1_000 }, () => {
      const { breaker } = scene({ jitter: 0.2, random });
      trip(breaker);
      const { state } = breaker;
      return state.name === "open" ? state.retryAfterMs : Number.NaN;
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_200);
    const perSlice = Array.from({ length: 8 }, () => 0);
    for (const wait of waits) perSlice[Math.min(7, Math.floor((wait - 800) / 50))]! += 1;
    for (const count of perSlice) expect(count).toBeGreaterThan(80);
  });

  it("grows for an instance that passes its probes and fails again at once", async () => {
    const { breaker, clock } = scene();
    const openings: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      trip(breaker);
      const { state } = breaker;
      const retryAfterMs = state.name === "open" ? state.retryAfterMs : Number.NaN;
      openings.push(retryAfterMs);
      await clock.advance(retryAfterMs);
      for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
      await clock.advance(50);
    }
    expect(openings).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it("is back at the base after as much closed time as the outage was open", async () => {
    const { breaker, clock } = scene();
    for (const openMs of [1_000, 2_000, 4_000]) {
      if (openMs === 1_000) trip(breaker);
      else permit(breaker).failure();
      await clock.advance(openMs);
    }
    for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
    await clock.advance(7_000);
    trip(breaker);
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 1_000 });
  });
});
