import type { Clock } from "./clock.ts";

/**
 * What the work answers, unless it takes longer or the signal aborts: then nobody hears of it any more.
 *
 * @throws an Error without a code after `ms`, the signal's reason, or what the work throws.
 */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  const timer = clock.setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, promise]);
  } finally {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
