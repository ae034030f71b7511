import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { FakeClock } from "@fleet/testkit";

import {
  CircuitBreaker,
  type TransitionEvent,
  type CircuitBreakerOptions,
  type Permit,
  type Rejection,
} from "../src/index.ts";

export interface Scene {
  readonly breaker: CircuitBreaker;
  readonly clock: FakeClock;
}

/** A breaker on a clock that stands still, without jitter unless asked for. */
export function scene(options: Partial<CircuitBreakerOptions> = {}): Scene {
  const clock = new FakeClock();
  return { clock, breaker: new CircuitBreaker({ name: "orders", jitter: 0, clock, ...options }) };
}

export function permit(breaker: CircuitBreaker): Permit {
  const answer = breaker.tryAcquire();
  if (!answer.admitted) throw new Error(`refused: ${answer.code}`);
  return answer;
}

export function rejection(breaker: CircuitBreaker): Rejection {
  const answer = breaker.tryAcquire();
  if (answer.admitted) throw new Error("admitted");
  return answer;
}

export function trip(breaker: CircuitBreaker, failures = 5): void {
  for (let failure = 0; failure < failures; failure += 1) permit(breaker).failure();
}

/** Trips the circuit and lets the open time pass. */
export async function halfOpen({ breaker, clock }: Scene, openMs = 1_000): Promise<void> {
  trip(breaker);
  await clock.advance(openMs);
}

/** Everything published about one breaker until the handle is disposed. */
export function heard(name = "orders"): { readonly messages: TransitionEvent[] } & Disposable {
  const messages: TransitionEvent[] = [];
  const listen = (message: unknown): void => {
    const transition = message as TransitionEvent;
    if (transition.name === name) messages.push(transition);
  };
  subscribe("fleet:breaker:state", listen);
  return { messages, [Symbol.dispose]: () => unsubscribe("fleet:breaker:state", listen) };
}
