import { describe, expect, it } from "vitest";

import { BrokenCircuitError } from "../src/index.ts";
import { halfOpen, scene, trip } from "./scene.ts";

const failing = (): Promise<never> => Promise.reject(new Error("refused"));

describe("run", () => {
  it("gives the task's value, and its error unchanged", async () => {
    const { breaker } = scene();
    await expect(breaker.run(() => Promise.resolve(42))).resolves.toBe(42);
    const error = new Error("refused");
    await expect(breaker.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 1 });
  });

  it("refuses with an error that says who, why and how long, without calling the task", async () => {
    const { breaker } = scene();
    trip(breaker);
    let called = false;
    const refused = breaker.run(async () => {
      called = true;
    });
    await expect(refused).rejects.toThrow(BrokenCircuitError);
    await expect(refused).rejects.toMatchObject({
      name: "BrokenCircuitError",
      code: "FLEET_BREAKER_OPEN",
      retryAfterMs: 1_000,
      breaker: "orders",
    });
    expect(called).toBe(false);
  });

  it("refuses without collecting stack frames, and leaves those of other errors alone", async () => {
    const { breaker } = scene();
    trip(breaker);
    const { stackTraceLimit } = Error;
    const refusal: unknown = await breaker.run(failing).catch((error: unknown) => error);
    expect(String((refusal as Error).stack)).not.toContain("\n    at ");
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it("counts an error that is not the server's fault as success", async () => {
    const { breaker } = scene();
    trip(breaker, 4);
    const isFailure = (): boolean => false;
    await expect(breaker.run(failing, { isFailure })).rejects.toThrow("refused");
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 0 });
  });

  it("counts a task that throws before it returns a promise", async () => {
    const { breaker } = scene();
    const task = (): Promise<never> => {
      throw new TypeError("at once");
    };
    await expect(breaker.run(task)).rejects.toThrow("at once");
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 1 });
  });

  it("does not count an aborted call, and gives its probe slot back", async () => {
    const at = scene();
    await halfOpen(at);
    const abort = new AbortController();
    const running = at.breaker.run(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      { signal: abort.signal },
    );
    expect(at.breaker.allows()).toBe(false);
    abort.abort(new Error("client went away"));
    await expect(running).rejects.toThrow("client went away");
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
  });

  it("does not begin when the signal is aborted already", async () => {
    const at = scene();
    await halfOpen(at);
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(at.breaker.run(() => Promise.resolve(1), { signal })).rejects.toThrow("too late");
    expect(at.breaker.allows()).toBe(true);
  });

  it("does not leak a probe when isFailure itself throws", async () => {
    const at = scene();
    await halfOpen(at);
    const isFailure = (): boolean => {
      throw new Error("broken classifier");
    };
    await expect(at.breaker.run(failing, { isFailure })).rejects.toThrow("broken classifier");
    expect(at.breaker.allows()).toBe(true);
  });
});
