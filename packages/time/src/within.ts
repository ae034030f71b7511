import type { Clock } from "./clock.ts";

export interface WithinOptions {
  /** Measures the time. */
  readonly clock: Clock;
  /** How long the work may take, in milliseconds. */
  readonly ms: number;
  /** Makes the error of work that takes longer. Only called then. */
  readonly late: () => Error;
  /** Ends the waiting; the reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The outcome of `work` if it comes within `ms`. Work that takes longer goes on, and its outcome is dropped; so end it by a
 * signal of its own where it can be ended.
 *
 * @throws what `work` throws, what `late` makes after `ms`, or the signal's reason as soon as it aborts.
 */
export async function within<T>(work: Promise<T>, { clock, ms, late, signal }: WithinOptions): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason as Error);
  const timer = clock.setTimeout(() => reject(late()), ms);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    return await Promise.race([promise, work]);
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
