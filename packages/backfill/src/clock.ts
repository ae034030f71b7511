/** Monotonic milliseconds and timers; injected so that tests do not sleep. Leases are Redis' business and use its time. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** `performance.now()` and the global timers: a jump of the wall clock moves nothing. */
export const systemClock: Clock = {
  now: () => performance.now(),
  // What is left of a time may be less than nothing by now, and Node warns of that.
  setTimeout: (callback, ms) => setTimeout(callback, Math.max(0, ms)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
