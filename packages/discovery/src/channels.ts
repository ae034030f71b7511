import { channel } from "node:diagnostics_channel";

import type { InstanceChange } from "./change.ts";

/** Payload of `fleet:discovery:error`. */
export interface DiscoveryErrorMessage {
  /** Stable; the error's own code where it has one. */
  readonly code: string;
  /** The source whose attempt failed; none when a listener did. */
  readonly source: string | undefined;
  readonly error: Error;
}

const changes = channel("fleet:discovery:change");
const errors = channel("fleet:discovery:error");

export function publishChange(change: InstanceChange): void {
  if (changes.hasSubscribers) changes.publish(change);
}

export function publishError(message: DiscoveryErrorMessage): void {
  if (errors.hasSubscribers) errors.publish(message);
}
