import { unref, type Clock } from "./clock.ts";

/** The same time, by timers that let the process end: for work that goes on by itself and that no promise of a caller waits for. */
export function inBackground(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimeout: (callback, ms) => unref(clock.setTimeout(callback, ms)),
    clearTimeout: (handle) => clock.clearTimeout(handle),
  };
}

/** The longest delay of a timer. */
const longMs = 2 ** 31 - 1;

/**
 * The outcome of `work`, and a process that stays alive until it has settled. For a promise of the caller that only work in the
 * background will settle: a promise alone keeps no process alive, and Node would end this one with exit code 13.
 */
export async function keepAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
