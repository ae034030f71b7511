import type { Clock } from "./fleet-options.ts";

/** Resolves after `ms`, or as soon as one of the signals aborts; leaves no timer and no listener. */
export function sleep(
  clock: Clock,
  ms: number,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  if (signals.some((signal) => signal?.aborted === true)) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clock.clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = clock.setTimeout(wake, ms);
    for (const signal of signals) signal?.addEventListener("abort", wake);
  });
}
