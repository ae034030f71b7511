import { setImmediate as turn } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";

import { BrokenCircuitError } from "../src/index.ts";
import { halfOpen, permit, rejection, scene, trip } from "./scene.ts";

// The eight faults of bare-cockatiel.test.ts, against our breaker.

describe("our breaker", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("c1 refuses 1000 half-open callers at once, none waits", async () => {
    const at = scene();
    await halfOpen(at);
    const probe = permit(at.breaker);
    let begun = 0;
    const task = async (): Promise<void> => {
      begun += 1;
    };
    const callers = await Promise.allSettled(Array.from({ length: 1_000 }, () => at.breaker.run(task)));
    expect(begun).toBe(0);
    for (const caller of callers)
      expect(caller).toMatchObject({ status: "rejected", reason: { code: "FLEET_BREAKER_HALF_OPEN" } });
    probe.success();
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 1 });
  });

  it("c2 leaves nobody waiting whom a signal would have to release", async () => {
    const at = scene();
    await halfOpen(at);
    permit(at.breaker);
    const { signal } = new AbortController();
    await expect(at.breaker.run(() => Promise.resolve(), { signal })).rejects.toThrow(BrokenCircuitError);
  });

  it("c3 times a hung probe out by the clock and probes again", async () => {
    const at = scene({ probeTimeoutMs: 10_000 });
    await halfOpen(at);
    permit(at.breaker);
    await at.clock.advance(10_000);
    expect(at.breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    await at.clock.advance(2_000);
    for (let probe = 0; probe < 3; probe += 1) permit(at.breaker).success();
    expect(at.breaker.state.name).toBe("closed");
  });

  it("c4 hears no late result of an older state", async () => {
    const at = scene();
    const stragglers = Array.from({ length: 10 }, () => permit(at.breaker));
    await halfOpen(at);
    const probe = permit(at.breaker);
    for (const straggler of stragglers.slice(0, 5)) straggler.failure();
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 1, successes: 0 });
    for (const straggler of stragglers.slice(5)) straggler.success();
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 1, successes: 0 });
    probe.success();
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 1 });
  });

  it("c4 hears none across a full cycle either: open, half-open, closed again", async () => {
    const at = scene();
    const { breaker, clock } = at;
    const stragglers = Array.from({ length: 10 }, () => permit(breaker));
    await halfOpen(at);
    const hung = permit(breaker);
    await clock.advance(10_000 + 2_000);
    for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
    await clock.advance(0);
    for (const straggler of stragglers) straggler.failure();
    hung.failure();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
    trip(breaker, 3);
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 3 });
  });

  it.each(["success", "failure", "ignore"] as const)(
    "c4 does not mistake the late %s of a hung probe for its successor's",
    async (late) => {
      const at = scene();
      await halfOpen(at);
      const hung = permit(at.breaker);
      await at.clock.advance(10_000 + 2_000);
      permit(at.breaker);
      hung[late]();
      expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 1, successes: 0 });
    },
  );

  it("c5 keeps no samples that could outlive their time: one success clears what was before", async () => {
    const { breaker, clock } = scene();
    trip(breaker, 4);
    permit(breaker).success();
    await clock.advance(3_600_000);
    trip(breaker, 4);
    expect(breaker.state.name).toBe("closed");
  });

  it.each([-3_600_000, 3_600_000])("c6 does not feel a wall clock set by %i ms", async (jump) => {
    const at = scene();
    vi.useFakeTimers({ toFake: ["Date"] });
    trip(at.breaker);
    vi.setSystemTime(Date.now() + jump);
    await at.clock.advance(999);
    expect(rejection(at.breaker).retryAfterMs).toBe(1);
    await at.clock.advance(1);
    const probe = permit(at.breaker);
    vi.setSystemTime(Date.now() + jump);
    probe.failure();
    expect(at.breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    vi.setSystemTime(Date.now() - 3 * jump);
    await at.clock.advance(2_000);
    for (let call = 0; call < 3; call += 1) permit(at.breaker).success();
    expect(at.breaker.state.name).toBe("closed");
  });

  it("c7 takes an abort for neither success nor failure in every state", async () => {
    const at = scene({ halfOpenProbes: 1 });
    const { breaker } = at;
    const abort = new AbortController();
    const aborted = async (): Promise<void> => {
      const call = breaker.run(() => turn().then(() => Promise.reject(new Error("aborted"))), abort);
      abort.abort();
      await expect(call).rejects.toThrow("aborted");
    };
    await aborted();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
    await halfOpen(at);
    permit(breaker).ignore();
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
  });

  it("c8 can leave every isolation, also after its state was printed", () => {
    const { breaker } = scene();
    const hold = breaker.isolate();
    JSON.stringify(breaker);
    breaker.isolate()[Symbol.dispose]();
    expect(breaker.state.name).toBe("isolated");
    hold[Symbol.dispose]();
    expect(breaker.state.name).toBe("closed");
  });
});
