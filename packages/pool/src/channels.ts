import { channel } from "node:diagnostics_channel";

/** `fleet:pool:connection`: a connection opened, failed to open, or closed. */
export interface ConnectionEvent {
  readonly name: string;
  readonly lane: string;
  readonly event: "open" | "closed" | "failed";
  /** Why it failed or closed: the code of an error of this package, or of a socket error. */
  readonly code?: string;
  /** Why it failed: a `DialReason`. */
  readonly reason?: string;
}

/** `fleet:pool:acquire`: an acquire on a lane of leased connections ended. */
export interface AcquireEvent {
  readonly name: string;
  readonly lane: string;
  readonly waitedMs: number;
  readonly outcome: "hit" | "miss" | "timeout" | "aborted" | "failed" | "exhausted" | "closed";
}

/** `fleet:pool:health`: a check ended. */
export interface HealthEvent {
  readonly name: string;
  readonly status: "healthy" | "unhealthy";
  readonly consecutiveFailures: number;
  readonly latencyMs?: number;
  readonly code?: string;
}

const connections = channel("fleet:pool:connection");
const acquires = channel("fleet:pool:acquire");
const checks = channel("fleet:pool:health");

export function publishConnection(event: ConnectionEvent): void {
  if (connections.hasSubscribers) connections.publish(event);
}

export function publishAcquire(
  { name, lane }: { readonly name: string; readonly lane: string },
  waitedMs: number,
  outcome: AcquireEvent["outcome"],
): void {
  if (acquires.hasSubscribers) acquires.publish({ name, lane, waitedMs, outcome } satisfies AcquireEvent);
}

export function publishHealth(event: HealthEvent): void {
  if (checks.hasSubscribers) checks.publish(event);
}
