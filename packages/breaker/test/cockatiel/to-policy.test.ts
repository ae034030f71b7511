import {
  ConstantBackoff,
  fallback,
  handleAll,
  handleWhen,
  isBrokenCircuitError,
  retry,
  wrap,
  type IFailureEvent,
} from "cockatiel";
import { describe, expect, it } from "vitest";

import { toPolicy } from "../../src/cockatiel/index.ts";
import { BrokenCircuitError } from "../../src/index.ts";
import { halfOpen, scene, trip } from "../scene.ts";

const refused = async (): Promise<never> => {
  throw new Error("refused");
};

describe("a breaker as a policy of cockatiel", () => {
  it("counts what it executes, and gives the result", async () => {
    const { breaker } = scene({ consecutiveFailures: 2 });
    const policy = toPolicy(breaker);
    expect(await policy.execute(() => 7)).toBe(7);
    await expect(policy.execute(refused)).rejects.toThrow("refused");
    expect(breaker.state).toEqual({ name: "closed", consecutiveFailures: 1 });
  });

  it("composes inside a retry, which stops where it does not handle the refusal", async () => {
    const { breaker } = scene({ consecutiveFailures: 2 });
    const transient = handleWhen((error) => !isBrokenCircuitError(error));
    const policy = wrap(
      retry(transient, { maxAttempts: 9, backoff: new ConstantBackoff(0) }),
      toPolicy(breaker),
    );
    let calls = 0;
    const outcome = policy.execute(() => {
      calls += 1;
      return refused();
    });
    await expect(outcome).rejects.toBeInstanceOf(BrokenCircuitError);
    expect([calls, breaker.state.name]).toEqual([2, "open"]);
  });

  it("composes with a fallback", async () => {
    const { breaker } = scene();
    trip(breaker);
    const policy = wrap(fallback(handleWhen(isBrokenCircuitError), "cached"), toPolicy(breaker));
    expect(await policy.execute(async () => "fresh")).toBe("cached");
  });

  it("reports calls that were made, and not refusals", async () => {
    const { breaker } = scene({ consecutiveFailures: 1 });
    const policy = toPolicy(breaker, { isFailure: (error) => (error as Error).message === "refused" });
    const failures: IFailureEvent[] = [];
    let successes = 0;
    policy.onFailure((event) => failures.push(event));
    policy.onSuccess(() => (successes += 1));
    await policy.execute(() => "ok");
    await policy.execute(() => Promise.reject(new Error("WRONGTYPE"))).catch(() => undefined);
    await policy.execute(refused).catch(() => undefined);
    await policy.execute(refused).catch(() => undefined);
    expect(successes).toBe(1);
    expect(
      failures.map(({ handled, reason }) => [handled, (reason as { error: Error }).error.message]),
    ).toEqual([
      [false, "WRONGTYPE"],
      [true, "refused"],
    ]);
  });

  it("gives a probe its place back when the caller leaves, and hands its signal on", async () => {
    const at = scene();
    await halfOpen(at);
    const leaving = new AbortController();
    const outcome = toPolicy(at.breaker).execute(
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        ),
      leaving.signal,
    );
    leaving.abort(new Error("left"));
    await expect(outcome).rejects.toThrow("left");
    expect(at.breaker.state).toEqual({ name: "half-open", probesInFlight: 0, successes: 0 });
  });

  it("is a policy for handleAll too: a refusal is an error like others there", async () => {
    const { breaker } = scene();
    trip(breaker);
    const policy = wrap(fallback(handleAll, "instead"), toPolicy(breaker));
    expect(await policy.execute(() => "fresh")).toBe("instead");
  });
});
