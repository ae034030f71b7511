import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { CircuitBreaker, InvalidOptionError, type BreakerSnapshot } from "../src/index.ts";
import { halfOpen, heard, permit, scene, trip } from "./scene.ts";

const json = (breaker: CircuitBreaker): BreakerSnapshot =>
  JSON.parse(JSON.stringify(breaker)) as BreakerSnapshot;

describe("a breaker that is restored from JSON", () => {
  it("goes on counting where the other one was", () => {
    const { breaker, clock } = scene();
    trip(breaker, 4);
    const restored = new CircuitBreaker({ name: "orders", clock, restore: json(breaker) });
    expect(restored.state).toEqual({ name: "closed", consecutiveFailures: 4 });
    permit(restored).failure();
    expect(restored.state.name).toBe("open");
  });

  it("stays open for what was left, on a clock that starts anew", async () => {
    const { breaker, clock } = scene();
    trip(breaker);
    await clock.advance(400);
    const later = scene({ restore: json(breaker) });
    expect(later.breaker.state).toEqual({ name: "open", retryAfterMs: 600 });
    await later.clock.advance(600);
    expect(later.breaker.state.name).toBe("half-open");
  });

  it("keeps the probes that succeeded, and gives free the place of one in flight", async () => {
    const at = scene();
    await halfOpen(at);
    permit(at.breaker).success();
    permit(at.breaker);
    const { breaker } = scene({ restore: json(at.breaker) });
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 1 });
  });

  it("keeps the doublings, and pays them back for the time that it was closed", async () => {
    const { breaker, clock } = scene({ halfOpenProbes: 1 });
    trip(breaker);
    await clock.advance(1_000);
    permit(breaker).success();
    await clock.advance(999);
    const soon = scene({ restore: json(breaker) });
    trip(soon.breaker);
    expect(soon.breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    const late = scene({ restore: json(breaker) });
    await late.clock.advance(1);
    trip(late.breaker);
    expect(late.breaker.state).toEqual({ name: "open", retryAfterMs: 1_000 });
  });

  it("believes checks no more than the other one did, also when it is restored twice", async () => {
    const { breaker } = scene();
    trip(breaker);
    const trusting = scene({ restore: json(breaker) }).breaker;
    trusting.checkSucceeded();
    expect(trusting.state.name).toBe("half-open");
    permit(trusting).failure();
    const { trustsChecks, ...old } = json(trusting);
    expect(trustsChecks).toBe(false);
    const copy = scene({ restore: json(trusting) });
    for (const one of [trusting, copy.breaker, scene({ restore: json(copy.breaker) }).breaker]) {
      one.checkSucceeded();
      expect(one.state.name).toBe("open");
    }
    await copy.clock.advance(2_000);
    expect(copy.breaker.state.name).toBe("half-open");
    const half = scene({ restore: json(copy.breaker) }).breaker;
    permit(half).failure();
    half.checkSucceeded();
    expect(half.state.name).toBe("open");
    // A snapshot of an earlier version does not say it.
    const restored = scene({ restore: old }).breaker;
    restored.checkSucceeded();
    expect(restored.state.name).toBe("half-open");
  });

  it("is closed where the other one was isolated, for its holders are gone", () => {
    const { breaker } = scene();
    breaker.isolate();
    expect(scene({ restore: json(breaker) }).breaker.state.name).toBe("closed");
  });

  it("is bounded by its own options, whatever the snapshot says", () => {
    const { breaker } = scene();
    trip(breaker);
    const state = { name: "open", retryAfterMs: 1e15 } as const;
    const restored = scene({ maxOpenMs: 4_000, restore: { ...json(breaker), state, doublings: 1e9 } });
    expect(restored.breaker.state).toEqual({ name: "open", retryAfterMs: 4_000 });
    expect(restored.breaker.toJSON()).toMatchObject({ doublings: 2, nextOpenMs: 4_000 });
  });

  it("publishes nothing: no transition happened", () => {
    const { breaker } = scene();
    trip(breaker);
    const restore = json(breaker);
    using heardAll = heard();
    const { breaker: restored } = scene({ restore });
    expect([restored.state.name, restored.stats.openings, heardAll.messages]).toEqual(["open", 1, []]);
  });

  it("gives the same JSON again, whatever happened before", async () => {
    const steps = fc.array(fc.constantFrom("success", "failure", "ignore", "pass", "isolate", "reset"), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (walk) => {
        const { breaker, clock } = scene({ consecutiveFailures: 2, halfOpenProbes: 2 });
        for (const step of walk) {
          const answer = breaker.tryAcquire();
          if (step === "pass") await clock.advance(700);
          else if (step === "isolate") breaker.isolate()[Symbol.dispose]();
          else if (step === "reset") breaker.reset();
          else if (answer.admitted) answer[step]();
        }
        const before = json(breaker);
        const { probesInFlight: _slot, ...state } = { probesInFlight: 0, ...before.state };
        const after = json(scene({ consecutiveFailures: 2, halfOpenProbes: 2, restore: before }).breaker);
        expect(after).toMatchObject({ ...before, state });
      }),
    );
  });

  it.each([
    [null, "restore"],
    ["open", "restore"],
    [{ openings: 1, rejections: 1, doublings: 1.5 }, "restore.doublings"],
    [{ openings: 1, rejections: "1" }, "restore.rejections"],
    [{ openings: 1, rejections: 1, doublings: 0, closedForMs: Number.NaN }, "restore.closedForMs"],
    [
      { openings: 1, rejections: 1, doublings: 0, closedForMs: 0, trustsChecks: "no" },
      "restore.trustsChecks",
    ],
    [
      { openings: 1, rejections: 1, doublings: 0, closedForMs: 0, state: { name: "ajar" } },
      "restore.state.name",
    ],
    [
      { openings: 1, rejections: 1, doublings: 0, closedForMs: 0, state: { name: "open" } },
      "restore.state.retryAfterMs",
    ],
    [
      {
        openings: 0,
        rejections: 0,
        doublings: 0,
        closedForMs: 0,
        trip: "4",
        state: { name: "closed", consecutiveFailures: 4 },
      },
      "restore.trip",
    ],
  ])("refuses %j, and names what is wrong with it", (restore, option) => {
    const build = (): unknown => scene({ restore: restore as unknown as BreakerSnapshot });
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(expect.objectContaining({ option }));
  });
});
