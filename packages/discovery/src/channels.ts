import { channel } from "node:diagnostics_channel";

import type { InstanceChange } from "./change.ts";
import type { Condition } from "./condition.ts";

/** Payload of `fleet:discovery:error`. */
export interface DiscoveryErrorMessage {
  /** Stable; the error's own code where it has one. */
  readonly code: string;
  /** The source whose attempt failed; none when a listener did. */
  readonly source: string | undefined;
  readonly error: Error;
}

/** Payload of `fleet:discovery:condition`. */
export interface DiscoveryConditionMessage {
  readonly source: string;
  readonly type: "raised" | "cleared";
  readonly condition: Condition;
}

const changes = channel("fleet:discovery:change");
const errors = channel("fleet:discovery:error");
const conditions = channel("fleet:discovery:condition");

export function publishChange(change: InstanceChange): void {
  if (changes.hasSubscribers) changes.publish(change);
}

export function publishError(message: DiscoveryErrorMessage): void {
  if (errors.hasSubscribers) errors.publish(message);
}

export function publishCondition(message: DiscoveryConditionMessage): void {
  if (conditions.hasSubscribers) conditions.publish(message);
}
