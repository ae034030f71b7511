import { ConsecutiveBreaker, CountBreaker, SamplingBreaker, type IBreaker } from "cockatiel";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fromStrategy } from "../../src/cockatiel/index.ts";
import { CircuitBreaker, InvalidOptionError, type BreakerSnapshot } from "../../src/index.ts";
import { halfOpen, heard, permit, scene, trip } from "../scene.ts";

const strategies: readonly (readonly [string, () => IBreaker])[] = [
  ["ConsecutiveBreaker", () => new ConsecutiveBreaker(5)],
  ["CountBreaker", () => new CountBreaker({ threshold: 0.5, size: 5 })],
  ["SamplingBreaker", () => new SamplingBreaker({ threshold: 0.5, duration: 1_000, minimumRps: 5 })],
];

describe.each(strategies)("cockatiel's %s", (_name, make) => {
  it("opens our circuit, which probes and closes as ever", async () => {
    const at = scene({ trip: fromStrategy(make()) });
    using transitions = heard();
    await halfOpen(at);
    for (let probe = 0; probe < 3; probe += 1) permit(at.breaker).success();
    expect(transitions.messages.map(({ to, cause }) => [to, cause])).toEqual([
      ["open", "strategy"],
      ["half-open", "open-time-over"],
      ["closed", "probes-succeeded"],
    ]);
  });

  it("counts anew once the circuit has closed", async () => {
    const at = scene({ trip: fromStrategy(make()), halfOpenProbes: 1 });
    await halfOpen(at);
    permit(at.breaker).success();
    trip(at.breaker, 4);
    expect(at.breaker.state).toEqual({ name: "closed", consecutiveFailures: 4 });
    trip(at.breaker, 1);
    expect(at.breaker.state.name).toBe("open");
  });

  it("goes on with its count after JSON", () => {
    const { breaker } = scene({ trip: fromStrategy(make()) });
    trip(breaker, 4);
    const restore = JSON.parse(JSON.stringify(breaker)) as BreakerSnapshot;
    const { breaker: restored } = scene({ trip: fromStrategy(make()), restore });
    trip(restored, 1);
    expect(restored.state.name).toBe("open");
  });

  it("opens with the very call with which the bare strategy would", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (outcomes) => {
        const bare = fromStrategy(make());
        const { breaker } = scene({ trip: fromStrategy(make()) });
        for (const isSuccess of outcomes) {
          const call = permit(breaker);
          if (isSuccess) call.success();
          else call.failure();
          const opens = isSuccess ? (bare.success(), false) : bare.failure();
          expect(breaker.state.name).toBe(opens ? "open" : "closed");
          if (opens) return;
        }
      }),
    );
  });
});

it("consecutiveFailures beside a trip is refused: only one of them can count", () => {
  const build = (): unknown =>
    new CircuitBreaker({ name: "x", consecutiveFailures: 3, trip: fromStrategy(new ConsecutiveBreaker(5)) });
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow("consecutiveFailures");
});
