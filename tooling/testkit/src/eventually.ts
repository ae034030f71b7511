import { setTimeout as sleep } from "node:timers/promises";

export interface EventuallyOptions {
  /** How long to try, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /** The pause between two tries, in milliseconds. @default 10 */
  readonly intervalMs?: number;
  /** Ends the trying; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `check` until it does not throw and answers what it answered: the way to wait for something that another
 * process does. When the time is over, the last thing that it threw is thrown, so that the failure reads like that of
 * a plain assertion; a check that hangs is given up with an error of its own.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 5000, intervalMs = 10, signal } = options;
  const over = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? over : AbortSignal.any([over, signal]);
  let last: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await untilEnded(check, ended);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (error !== ended) last = error;
      if (ended.aborted) throw last ?? new Error(`the check had not answered after ${timeoutMs} ms`);
    }
    await sleep(intervalMs, undefined, { signal: ended }).catch(() => {});
  }
}

/** The check's outcome; rejects with the signal itself once that is aborted. */
async function untilEnded<T>(check: () => T | Promise<T>, ended: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(ended);
  ended.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([Promise.resolve().then(check), promise]);
  } finally {
    ended.removeEventListener("abort", giveUp);
  }
}
