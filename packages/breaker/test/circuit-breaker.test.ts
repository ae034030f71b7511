import { describe, expect, it } from "vitest";

import { CircuitBreaker } from "../src/index.ts";
import { halfOpen, heard, permit, rejection, scene, trip } from "./scene.ts";

describe("a closed circuit", () => {
  it("opens with the fifth failure in a row, in the same instant", () => {
    const { breaker } = scene();
    trip(breaker, 4);
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 4 });
    permit(breaker).failure();
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 1_000 });
    expect(breaker.allows()).toBe(false);
  });

  it("starts counting again after a success", () => {
    const { breaker } = scene();
    trip(breaker, 4);
    permit(breaker).success();
    trip(breaker, 4);
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 4 });
  });

  it("does not count an ignored call either way", () => {
    const { breaker } = scene();
    trip(breaker, 4);
    permit(breaker).ignore();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 4 });
    permit(breaker).failure();
    expect(breaker.state.name).toBe("open");
  });

  it("counts a permit once, by its first word", () => {
    const { breaker } = scene();
    const call = permit(breaker);
    call.ignore();
    call.failure();
    call.failure();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("opens with the first failure when it is told to", () => {
    const { breaker } = scene({ consecutiveFailures: 1 });
    trip(breaker, 1);
    expect(breaker.state.name).toBe("open");
  });
});

describe("an open circuit", () => {
  it("says when to come back, shorter from look to look", async () => {
    const { breaker, clock } = scene();
    trip(breaker);
    const waits: number[] = [];
    for (let step = 0; step < 10; step += 1) {
      waits.push(rejection(breaker).retryAfterMs);
      await clock.advance(99.5);
    }
    expect(waits).toEqual([1_000, 901, 801, 702, 602, 503, 403, 304, 204, 105]);
    expect(rejection(breaker)).toEqual({ admitted: false, code: "FLEET_BREAKER_OPEN", retryAfterMs: 5 });
  });

  it("is not prolonged by failures of calls that began before", async () => {
    const { breaker, clock } = scene();
    const stragglers = Array.from({ length: 20 }, () => permit(breaker));
    trip(breaker);
    await clock.advance(900);
    for (const straggler of stragglers) straggler.failure();
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 100 });
  });

  it("is not closed by a success of a call that began before", () => {
    const { breaker } = scene();
    const straggler = permit(breaker);
    trip(breaker);
    straggler.success();
    expect(breaker.state.name).toBe("open");
  });

  it("becomes half-open by the clock, also when nobody calls", async () => {
    const { breaker, clock } = scene();
    trip(breaker);
    await clock.advance(999);
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 1 });
    await clock.advance(1);
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
  });

  it("is half-open as soon as its time is over, also within the turn that opened it", () => {
    let now = 0;
    const breaker = new CircuitBreaker({ name: "orders", jitter: 0, clock: { now: () => now } });
    trip(breaker);
    now += 5_000;
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
    expect(breaker.allows()).toBe(true);
  });
});

describe("a check that succeeded", () => {
  it("ends the open time early, and nothing more: the probes decide", () => {
    const { breaker } = scene();
    using ear = heard();
    trip(breaker);
    breaker.checkSucceeded();
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
    const probe = permit(breaker);
    expect(rejection(breaker).code).toBe("FLEET_BREAKER_HALF_OPEN");
    probe.success();
    permit(breaker).success();
    permit(breaker).success();
    expect(breaker.state.name).toBe("closed");
    expect(ear.messages.map(({ cause }) => cause)).toEqual([
      "consecutive-failures",
      "check-succeeded",
      "probes-succeeded",
    ]);
  });

  it("is not believed again where the probe failed, until the circuit has closed; the open time grows on", async () => {
    const { breaker, clock } = scene();
    trip(breaker);
    breaker.checkSucceeded();
    permit(breaker).failure();
    breaker.checkSucceeded();
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    await clock.advance(2_000);
    permit(breaker).failure();
    breaker.checkSucceeded();
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 4_000 });
    await clock.advance(4_000);
    for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
    trip(breaker);
    breaker.checkSucceeded();
    expect(breaker.state.name).toBe("half-open");
  });

  it("changes nothing in a circuit that is closed, half-open or isolated", async () => {
    const closed = scene();
    permit(closed.breaker).failure();
    closed.breaker.checkSucceeded();
    expect(closed.breaker.state).toEqual({ name: "closed", consecutiveFailures: 1 });
    const half = scene();
    await halfOpen(half);
    permit(half.breaker).success();
    half.breaker.checkSucceeded();
    expect(half.breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 1 });
    using _hold = half.breaker.isolate();
    half.breaker.checkSucceeded();
    expect(half.breaker.state.name).toBe("isolated");
  });
});

describe("a half-open circuit", () => {
  it("closes after three probes that succeeded, one at a time", async () => {
    const at = scene();
    const { breaker } = at;
    await halfOpen(at);
    for (let probe = 0; probe < 3; probe += 1) {
      expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: probe });
      const call = permit(breaker);
      expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 1, successes: probe });
      expect(breaker.allows()).toBe(false);
      call.success();
    }
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("opens again with one failed probe, for twice as long", async () => {
    const at = scene();
    const { breaker, clock } = at;
    await halfOpen(at);
    permit(breaker).success();
    permit(breaker).failure();
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    await clock.advance(2_000);
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
  });

  it("gives the slot of an ignored probe to the next caller", async () => {
    const at = scene();
    const { breaker } = at;
    await halfOpen(at);
    for (let round = 0; round < 10; round += 1) permit(breaker).ignore();
    expect(breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
    for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
    expect(breaker.state.name).toBe("closed");
  });

  it("can fail after an ignored probe", async () => {
    const at = scene();
    await halfOpen(at);
    permit(at.breaker).ignore();
    permit(at.breaker).failure();
    expect(at.breaker.state).toEqual({ name: "open", retryAfterMs: 2_000 });
    await at.clock.advance(2_000);
    for (let probe = 0; probe < 3; probe += 1) permit(at.breaker).success();
    expect(at.breaker.state.name).toBe("closed");
  });

  it("tells the others when to come back: soon, and never after the probe's lease", async () => {
    const at = scene({ probeTimeoutMs: 1_500 });
    const { breaker, clock } = at;
    await halfOpen(at);
    permit(breaker);
    expect(rejection(breaker)).toEqual({
      admitted: false,
      code: "FLEET_BREAKER_HALF_OPEN",
      retryAfterMs: 1_000,
    });
    await clock.advance(1_200);
    expect(rejection(breaker).retryAfterMs).toBe(300);
  });

  it("re-opens when a probe hangs, as of the end of its lease", async () => {
    const at = scene({ probeTimeoutMs: 500 });
    const { breaker, clock } = at;
    await halfOpen(at);
    permit(breaker);
    await clock.advance(499);
    expect(breaker.state.name).toBe("half-open");
    await clock.advance(1_001);
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 1_000 });
    await clock.advance(1_000);
    expect(breaker.allows()).toBe(true);
  });

  it("takes a probe's late success for what it is, even when nobody looked meanwhile", async () => {
    const at = scene({ halfOpenProbes: 1, probeTimeoutMs: 500 });
    await halfOpen(at);
    const probe = permit(at.breaker);
    await at.clock.advance(501);
    probe.success();
    expect(at.breaker.state).toEqual({ name: "open", retryAfterMs: 1_999 });
  });
});

describe("an isolated circuit", () => {
  it("refuses until every holder has let go, and a second dispose is none", () => {
    const { breaker } = scene();
    const one = breaker.isolate();
    const other = breaker.isolate();
    expect(breaker.state).toEqual({ name: "isolated" });
    expect(rejection(breaker)).toEqual({
      admitted: false,
      code: "FLEET_BREAKER_ISOLATED",
      retryAfterMs: 60_000,
    });
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(breaker.state.name).toBe("isolated");
    other[Symbol.dispose]();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("does not hear the calls that began before", () => {
    const { breaker } = scene();
    const before = permit(breaker);
    {
      using _hold = breaker.isolate();
      before.failure();
      expect(breaker.state.name).toBe("isolated");
    }
    trip(breaker, 4);
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 4 });
  });

  it("can be entered from open and from half-open with a probe in flight", async () => {
    const at = scene();
    const { breaker } = at;
    await halfOpen(at);
    const probe = permit(breaker);
    {
      using _hold = breaker.isolate();
      probe.success();
      expect(breaker.state.name).toBe("isolated");
    }
    expect(breaker.state.name).toBe("closed");
    trip(breaker);
    {
      using _hold = breaker.isolate();
      expect(breaker.state.name).toBe("isolated");
    }
    expect(breaker.allows()).toBe(true);
  });

  it("stays closed when the isolation ends before the state machine has recorded an earlier trip", async () => {
    const { breaker, clock } = scene();
    trip(breaker);
    breaker.isolate()[Symbol.dispose]();
    await clock.advance(0);
    expect(breaker.state.name).toBe("closed");
    await halfOpen({ breaker, clock }, 2_000);
    expect(breaker.state.name).toBe("half-open");
  });
});

describe("reset", () => {
  it("closes an open circuit and forgets the doublings", async () => {
    const at = scene();
    const { breaker, clock } = at;
    await halfOpen(at);
    permit(breaker).failure();
    breaker.reset();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
    trip(breaker);
    expect(breaker.state).toEqual({ name: "open", retryAfterMs: 1_000 });
    await clock.advance(1_000);
    expect(breaker.allows()).toBe(true);
  });

  it("closes a half-open circuit, and its probe no longer counts", async () => {
    const at = scene();
    await halfOpen(at);
    const probe = permit(at.breaker);
    at.breaker.reset();
    probe.failure();
    expect(at.breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("clears the count of a closed circuit, calls in flight included", () => {
    const { breaker } = scene();
    const before = permit(breaker);
    trip(breaker, 4);
    breaker.reset();
    before.failure();
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("leaves an isolation to its holders", () => {
    const { breaker } = scene();
    using _hold = breaker.isolate();
    breaker.reset();
    expect(breaker.state.name).toBe("isolated");
  });
});

describe("the channel fleet:breaker:state", () => {
  it("carries exactly one message per transition, in order, with the cause", async () => {
    using ear = heard();
    const at = scene({ probeTimeoutMs: 500 });
    const { breaker, clock } = at;
    await halfOpen(at);
    for (let look = 0; look < 3; look += 1) expect(breaker.state.name).toBe("half-open");
    permit(breaker).failure();
    await clock.advance(2_000);
    permit(breaker);
    await clock.advance(500);
    expect(breaker.allows()).toBe(false);
    await clock.advance(4_000);
    for (let probe = 0; probe < 3; probe += 1) permit(breaker).success();
    breaker.isolate()[Symbol.dispose]();
    trip(breaker);
    breaker.reset();
    expect(ear.messages.map(({ from, to, cause }) => `${from} > ${to}: ${cause}`)).toEqual([
      "closed > open: consecutive-failures",
      "open > half-open: open-time-over",
      "half-open > open: probe-failed",
      "open > half-open: open-time-over",
      "half-open > open: probe-timeout",
      "open > half-open: open-time-over",
      "half-open > closed: probes-succeeded",
      "closed > isolated: isolated",
      "isolated > closed: isolation-ended",
      "closed > open: consecutive-failures",
      "open > closed: reset",
    ]);
  });
});

describe("stats and JSON", () => {
  it("count openings and refusals and print as one object", async () => {
    const at = scene();
    await halfOpen(at);
    permit(at.breaker).failure();
    rejection(at.breaker);
    rejection(at.breaker);
    expect(at.breaker.stats).toEqual({
      name: "orders",
      state: { name: "open", retryAfterMs: 2_000 },
      openings: 2,
      rejections: 2,
      nextOpenMs: 4_000,
    });
    expect(JSON.parse(JSON.stringify(at.breaker))).toMatchObject(at.breaker.stats);
  });

  it("looking takes nothing: allows(), state and stats may be asked at will", async () => {
    const at = scene();
    await halfOpen(at);
    for (let look = 0; look < 10; look += 1) {
      expect(at.breaker.allows()).toBe(true);
      expect(at.breaker.stats.rejections).toBe(0);
    }
    permit(at.breaker);
  });
});
