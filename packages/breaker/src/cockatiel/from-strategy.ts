import { CircuitState, type IBreaker } from "cockatiel";

import type { Trip } from "../trips/trip.ts";

/**
 * Lets a strategy of cockatiel (`ConsecutiveBreaker`, `CountBreaker`, `SamplingBreaker`, or one of your own) decide when the
 * circuit opens. Opening, probing and closing stay ours. Note that `SamplingBreaker` reads the wall clock, and keeps the samples
 * of an idle time longer than its window.
 *
 * @param strategy for one circuit: it counts.
 */
export function fromStrategy(strategy: IBreaker): Trip {
  const initial = structuredClone(strategy.state);
  return {
    cause: "strategy",
    get state() {
      return strategy.state;
    },
    set state(counted) {
      strategy.state = counted;
    },
    success: () => strategy.success(CircuitState.Closed),
    failure: () => strategy.failure(CircuitState.Closed),
    forget: () => {
      strategy.state = structuredClone(initial);
    },
  };
}
