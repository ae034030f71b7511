import { channel } from "node:diagnostics_channel";

import type { BreakerState } from "./breaker-state.ts";
import type { TripCause } from "./trips/trip.ts";

/** Published on `fleet:breaker:state`: exactly one message per transition, in order, synchronously. */
export interface TransitionEvent {
  readonly name: string;
  readonly from: BreakerState["name"];
  readonly to: BreakerState["name"];
  readonly cause: TransitionCause;
}

export type TransitionCause =
  | TripCause
  | "open-time-over"
  | "check-succeeded"
  | "probe-failed"
  | "probe-timeout"
  | "probes-succeeded"
  | "isolated"
  | "isolation-ended"
  | "reset";

const stateChannel = channel("fleet:breaker:state");

export function publishTransition(
  name: string,
  from: BreakerState["name"],
  to: BreakerState["name"],
  cause: TransitionCause,
): void {
  if (!stateChannel.hasSubscribers) return;
  const transition: TransitionEvent = { name, from, to, cause };
  stateChannel.publish(transition);
}
