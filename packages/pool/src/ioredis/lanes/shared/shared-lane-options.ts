import type { Clock } from "@fleet/time";

import type { TimeLimit } from "../../../call-options.ts";
import type { LaneStats } from "../../../lane.ts";
import type { Dialed } from "../../connection/dial.ts";
import type { Encoding } from "../../resp/reply.ts";

/** Of one call on the shared lane; its time is by default `commandTimeoutMs`. */
export interface SendOptions extends TimeLimit {
  /** Rejects with its reason. A command that is written is executed all the same; its reply is dropped. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What text in the reply becomes. `"wire"`: the reply is not decoded, and its value is a Buffer with exactly its bytes in RESP2;
   * a reply that is an error is a `ReplyError` all the same. @default "utf8"
   */
  readonly encoding?: Encoding | undefined;
  /** The longest reply that this call takes, in bytes as it comes. @default the pool's */
  readonly maxReplyBytes?: number | undefined;
}

/** Of one batch on the shared lane. */
export interface BatchOptions extends SendOptions {
  /** As one transaction (MULTI ... EXEC). @default false */
  readonly atomic?: boolean | undefined;
  /** All its replies together. @default the pool's */
  readonly maxRepliesBytes?: number | undefined;
}

/** What a pool gives its shared lane. */
export interface SharedLaneSettings {
  /** Names the lane in errors and channels. */
  readonly name: string;
  /** Names the lane in channels and stats. */
  readonly lane: string;
  /** Opens a connection. */
  readonly dial: (signal: AbortSignal) => Promise<Dialed>;
  /** A dial ended: how long its PING took, or why it failed. */
  readonly dialed: (result: { readonly tookMs: number } | { readonly error: unknown }) => void;
  /** As in `RedisPoolOptions`. */
  readonly commandTimeoutMs: number;
  /** As in `RedisPoolOptions`. */
  readonly stallTimeoutMs: number;
  /** As in `RedisPoolOptions`. */
  readonly maxInFlight: number;
  /** As in `RedisPoolOptions`. */
  readonly maxInFlightBytes: number;
  /** Commands that are written before one of them is answered; the others wait for their turn. */
  readonly maxUnanswered: number;
  /** As in `RedisPoolOptions`. */
  readonly maxReplyBytes: number;
  /** As in `RedisPoolOptions`. */
  readonly maxRepliesBytes: number;
  /** As in `RedisPoolOptions`. */
  readonly maxReplyElements: number;
  /** As in `RedisPoolOptions`. */
  readonly maxSkippedBytes: number;
  /** As in `RedisPoolOptions`. */
  readonly reconnectMinDelayMs: number;
  /** As in `RedisPoolOptions`. */
  readonly reconnectMaxDelayMs: number;
  /** Monotonic milliseconds and timers. */
  readonly clock: Clock;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
}

export type SharedLaneState = "idle" | "connecting" | "ready" | "backoff" | "closed";

export interface SharedLaneStats extends LaneStats {
  readonly state: SharedLaneState;
  /** Accepted and not answered by the server, those included whose caller has left. */
  readonly inFlight: number;
  readonly bytesInFlight: number;
  /** Of these, how many wait for a connection, or for their turn. */
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
