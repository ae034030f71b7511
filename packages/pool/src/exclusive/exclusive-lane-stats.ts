import type { TimeLimit } from "../call-options.ts";
import type { LaneStats } from "../lane.ts";

/** Of one acquire; its time is by default `acquireTimeoutMs`. */
export interface AcquireOptions extends TimeLimit {
  /** Rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExclusiveLaneStats extends LaneStats {
  /** idle + leased + resetting + dialing, never above `max`. */
  readonly total: number;
  readonly idle: number;
  readonly leased: number;
  readonly resetting: number;
  readonly dialing: number;
  readonly waiting: number;
  readonly max: number;
  /** Acquires that were served at once, and those that had to wait, however that ended. */
  readonly hits: number;
  readonly misses: number;
  readonly timeouts: number;
  /** Refused since `maxWaiters` waited already. */
  readonly exhausted: number;
  readonly dials: number;
  readonly failedDials: number;
  /** Leases that were held longer than `leaseTimeoutMs`. */
  readonly expired: number;
  /** Connections closed for their age or idleness, on return because they could not be cleaned, and by themselves or as they did not answer. */
  readonly stale: number;
  readonly uncleaned: number;
  readonly losses: number;
  readonly doubleReleases: number;
}
