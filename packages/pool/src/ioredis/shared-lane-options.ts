import type { Clock } from "../clock.ts";
import type { Dialed } from "./dial.ts";
import type { Encoding } from "./wire-command.ts";

export interface SendOptions {
  /** When to give up, in milliseconds of the pool's clock. @default now + commandTimeoutMs */
  readonly deadline?: number;
  /** Rejects with its reason. A command that is written is executed all the same; its reply is dropped. */
  readonly signal?: AbortSignal;
  /** What text in the reply becomes. @default "utf8" */
  readonly encoding?: Encoding;
}

/** What a pool gives its shared lane. */
export interface SharedLaneSettings {
  readonly name: string;
  readonly dial: (signal: AbortSignal) => Promise<Dialed>;
  /** A dial ended: how long its PING took, or why it failed. */
  readonly dialed: (result: { readonly tookMs: number } | { readonly error: unknown }) => void;
  readonly commandTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  readonly reconnectMinDelayMs: number;
  readonly reconnectMaxDelayMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export type SharedLaneState = "idle" | "connecting" | "ready" | "backoff" | "closed";

export interface SharedLaneStats {
  readonly state: SharedLaneState;
  /** Accepted and not answered by the server, those included whose caller has left. */
  readonly inFlight: number;
  readonly bytesInFlight: number;
  /** Of these, how many wait for a connection. */
  readonly waiting: number;
  readonly commands: number;
  readonly batches: number;
  readonly timeouts: number;
  /** Refused because a cap was reached. */
  readonly exhausted: number;
  readonly latencyAverageMs: number;
  readonly latencyMaxMs: number;
  readonly dials: number;
  readonly failedDials: number;
  readonly losses: number;
}
