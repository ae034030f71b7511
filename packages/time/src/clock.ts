import { performance } from "node:perf_hooks";

/** A source of monotonic milliseconds. (`performance` is imported because the global is a getter, which a hot path would pay for.) */
export interface Now {
  now(): number;
}

/** Monotonic milliseconds and timers. Injected, so that tests do not wait. */
export interface Clock extends Now {
  /** Calls back once, after `ms`; a time that has passed already is now. The timer keeps the process alive until `unref`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Without effect on a timer that has fired, or on `undefined`. */
  clearTimeout(handle: unknown): void;
}

/** The time of the process: a jump of the wall clock moves nothing. */
export const systemClock: Clock = {
  now: () => performance.now(),
  // What is left until a deadline may be negative by now, and Node warns of that.
  setTimeout: (callback, ms) => setTimeout(callback, Math.max(0, ms)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
};

/**
 * Lets the process end although the timer is pending. For timers that only keep something tidy, never for one that a promise
 * of the caller waits for: Node would end the process with exit code 13. Timers of other clocks are left as they are.
 */
export function unref(handle: unknown): unknown {
  (handle as { unref?: () => void } | undefined)?.unref?.();
  return handle;
}
