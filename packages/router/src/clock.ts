import { performance } from "node:perf_hooks";

/** Where the time comes from: monotonic milliseconds. Injected so that tests do not sleep. */
export interface Clock {
  now(): number;
}

/** `performance.now()`: unlike `Date.now()` it never jumps when the wall clock is set. (Imported: the global is a getter.) */
export const monotonicClock: Clock = { now: () => performance.now() };
