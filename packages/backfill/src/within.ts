import type { Clock } from "./clock.ts";

/**
 * The outcome of `work`, or `late()` thrown after `ms`, or the signal's reason, whichever comes first. What `work` does
 * afterwards is nobody's business any more.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  late: () => Error,
  signal?: AbortSignal,
): Promise<T> {
  const end = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => end.reject(late()), ms);
  const abort = (): void => end.reject(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    work.catch(() => undefined);
  }
}
