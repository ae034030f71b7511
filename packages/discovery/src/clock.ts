/** Monotonic milliseconds and timers; injected so that tests do not sleep. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** The process's own time. Its timers hold no process open: a file nobody waits for is no reason to stay. */
export const systemClock: Clock = {
  now: () => performance.now(),
  // What is left of a time may be less than nothing by now, and Node warns of that.
  setTimeout: (callback, ms) => setTimeout(callback, Math.max(0, ms)).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
