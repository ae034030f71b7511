import { setImmediate as afterIo } from "node:timers/promises";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test advances it; fits every `clock` option of the house. */
export class FakeClock {
  #now: number;
  #made = 0;
  readonly #timers = new Set<Timer>();

  /** @param startMs what `now()` answers at first, in milliseconds; not 0, so that a forgotten offset shows. */
  constructor(startMs = 1_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    this.#made += 1;
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#made, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer);
  }

  /** How many timers wait to be fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves time forward by `ms`. Due timers fire in order, each at its own time; before the first, between any two and
   * after the last, promises that are settled run their continuations, and what those schedule is fired too.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time moves forward: advance(${ms})`);
    const end = this.#now + ms;
    await afterIo();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
      await afterIo();
    }
    this.#now = Math.max(this.#now, end);
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      if (
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order)
      )
        first = timer;
    }
    return first;
  }
}
