import type { WorkerOutcome } from "./worker-options.ts";
import type { WorkerStats } from "./worker-stats.ts";

/** Claims, fetches, writes and acknowledges until nothing is left. Made by `backfill.worker(options)`. */
export declare class Worker implements AsyncDisposable {
  /** Its name in status, channels and Redis. */
  readonly id: string;
  get stats(): WorkerStats;
  /**
   * Works until the run is complete, or until it is closed. While Redis does not answer it waits, however long that takes.
   *
   * @param options aborting `signal` is `close()`.
   * @throws EpochError, RedisError (`FLEET_BACKFILL_REDIS_REFUSED`), ClosedError when it was started or closed before.
   */
  start(options?: { readonly signal?: AbortSignal }): Promise<WorkerOutcome>;
  /**
   * Claims nothing more, lets what is under way finish until `graceMs`, then aborts it and hands all leases back, so that
   * another worker has them at once. Twice is the same promise.
   *
   * @param options `graceMs` defaults to 10000; 0 hands back at once.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
