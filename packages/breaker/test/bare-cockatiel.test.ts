import { setImmediate as turn } from "node:timers/promises";

import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  SamplingBreaker,
  circuitBreaker,
  handleAll,
  handleWhen,
} from "cockatiel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// Why the breaker is a state machine of its own: what cockatiel 4.0.0 does. A test that turns red here after an upgrade
// is good news. The same eight cases against our own breaker stand in faults.test.ts.

const fail = (): Promise<never> => Promise.reject(new Error("refused"));
const quietly = (call: Promise<unknown>): Promise<unknown> => call.catch(() => undefined);

async function tripped(): Promise<ReturnType<typeof circuitBreaker>> {
  const policy = circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(5), halfOpenAfter: 1_000 });
  for (let call = 0; call < 5; call += 1) await quietly(policy.execute(fail));
  return policy;
}

describe("bare cockatiel", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

  it("c1 makes half-open callers wait for the probe and releases them all at once", async () => {
    const policy = await tripped();
    pass(1_000);
    const probe = Promise.withResolvers<void>();
    void policy.execute(() => probe.promise);
    let begun = 0;
    let ended = 0;
    const callers = Array.from({ length: 1_000 }, async () => {
      await policy.execute(() => {
        begun += 1;
      });
      ended += 1;
    });
    await turn();
    expect([begun, ended]).toEqual([0, 0]);
    probe.resolve();
    await Promise.all(callers);
    expect(begun).toBe(1_000);
  });

  it("c2 does not release a waiting caller by its signal", async () => {
    const policy = await tripped();
    pass(1_000);
    const probe = Promise.withResolvers<void>();
    void policy.execute(() => probe.promise);
    const abort = new AbortController();
    let ended = false;
    const waiting = quietly(policy.execute(() => undefined, abort.signal)).then(() => {
      ended = true;
    });
    abort.abort();
    await turn();
    expect(ended).toBe(false);
    probe.resolve();
    await waiting;
  });

  it("c3 stays half-open for ever when a probe hangs", async () => {
    const policy = await tripped();
    pass(1_000);
    void policy.execute(() => new Promise(() => undefined));
    pass(3_600_000);
    await turn();
    expect(policy.state).toBe(CircuitState.HalfOpen);
  });

  it("c4 re-opens a half-open circuit for a late failure of a call begun before the trip", async () => {
    const policy = circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(5), halfOpenAfter: 1_000 });
    const late = Promise.withResolvers<never>();
    const straggler = quietly(policy.execute(() => late.promise));
    for (let call = 0; call < 5; call += 1) await quietly(policy.execute(fail));
    pass(1_000);
    const probe = Promise.withResolvers<void>();
    const probing = policy.execute(() => probe.promise);
    late.reject(new Error("late"));
    await straggler;
    expect(policy.state).toBe(CircuitState.Open);
    probe.resolve();
    await probing;
    expect(policy.state).toBe(CircuitState.Open);
  });

  it("c5 keeps samples of an idle hour in a window of ten seconds", async () => {
    const breaker = new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 0.4 });
    const policy = circuitBreaker(handleAll, { breaker, halfOpenAfter: 1_000 });
    for (let call = 0; call < 3; call += 1) await quietly(policy.execute(fail));
    pass(3_600_000);
    expect(policy.state).toBe(CircuitState.Closed);
    await quietly(policy.execute(fail));
    expect(policy.state).toBe(CircuitState.Open);
  });

  it("c6 refuses for an hour more when the wall clock is set back by one", async () => {
    const policy = await tripped();
    pass(-3_600_000);
    pass(1_000);
    await expect(policy.execute(() => Promise.resolve())).rejects.toThrow(BrokenCircuitError);
    pass(3_600_000);
    await policy.execute(() => Promise.resolve());
  });

  it("c7 closes a half-open circuit for a filtered abort", async () => {
    const failures = handleWhen((error) => !(error instanceof Error && error.name === "AbortError"));
    const policy = circuitBreaker(failures, { breaker: new ConsecutiveBreaker(1), halfOpenAfter: 1_000 });
    await quietly(policy.execute(fail));
    pass(1_000);
    const aborted = Object.assign(new Error("client went away"), { name: "AbortError" });
    await quietly(policy.execute(() => Promise.reject(aborted)));
    expect(policy.state).toBe(CircuitState.Closed);
  });

  it("c8 can never leave an isolation that went through JSON", () => {
    const options = { breaker: new ConsecutiveBreaker(5), halfOpenAfter: 1_000 };
    const first = circuitBreaker(handleAll, options);
    first.isolate();
    const initialState: unknown = structuredClone(first.toJSON());
    const second = circuitBreaker(handleAll, { ...options, initialState });
    second.isolate().dispose();
    expect(second.state).toBe(CircuitState.Isolated);
  });
});
