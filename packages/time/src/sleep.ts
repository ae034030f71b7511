import type { Clock } from "./clock.ts";

/**
 * Resolves after `ms` milliseconds, or as soon as one of the signals aborts; at once when one has aborted already. It never
 * rejects: a caller that sleeps looks at its signals afterwards. It leaves no timer and no listener.
 */
export function sleep(
  clock: Clock,
  ms: number,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<void> {
  if (signals.some((signal) => signal?.aborted === true)) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clock.clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = clock.setTimeout(wake, ms);
    for (const signal of signals) signal?.addEventListener("abort", wake, { once: true });
  });
}
