import { describe, expectTypeOf, it } from "vitest";

import { CircuitBreaker, type BreakerState, type Permit, type Rejection } from "../src/index.ts";

const breaker = new CircuitBreaker({ name: "orders" });

describe("types", () => {
  it("admitted tells a permit from a rejection", () => {
    const answer = breaker.tryAcquire();
    expectTypeOf(answer).toEqualTypeOf<Permit | Rejection>();
    if (answer.admitted) expectTypeOf(answer).toEqualTypeOf<Permit>();
    else expectTypeOf(answer.retryAfterMs).toEqualTypeOf<number>();
  });

  it("run gives the task's own type", () => {
    expectTypeOf(breaker.run(() => Promise.resolve("PONG" as const))).resolves.toEqualTypeOf<"PONG">();
  });

  it("each state has only its own facts", () => {
    const { state } = breaker;
    expectTypeOf<Extract<BreakerState, { name: "isolated" }>>().toEqualTypeOf<{
      readonly name: "isolated";
    }>();
    if (state.name === "open") expectTypeOf(state.retryAfterMs).toEqualTypeOf<number>();
    // @ts-expect-error a closed circuit has no waiting time
    if (state.name === "closed") void state.retryAfterMs;
  });

  it("isolate is for using", () => {
    expectTypeOf(breaker.isolate()).toExtend<Disposable>();
  });
});
