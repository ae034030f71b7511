export interface BackoffOptions {
  /** The longest delay after the first failure, in milliseconds. */
  readonly minMs: number;
  /** The longest delay after any number of failures, in milliseconds. */
  readonly maxMs: number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

/**
 * The delay before the next attempt, in milliseconds, with full jitter: anything from 0 to the doubled delay, so that callers
 * that failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param attempt failures so far without a success, from 0.
 */
export function backoff(attempt: number, { minMs, maxMs, random }: BackoffOptions): number {
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
}
