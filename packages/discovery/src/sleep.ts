import type { Clock } from "./clock.ts";

/** Resolves after so many milliseconds, or at once when the signal aborts; it never rejects. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = clock.setTimeout(end, ms);
  signal.addEventListener("abort", end, { once: true });
  await promise;
  signal.removeEventListener("abort", end);
  clock.clearTimeout(timer);
}
