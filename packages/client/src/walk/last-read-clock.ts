import type { Clock } from "@fleet/time";

const settled = Promise.resolve();

/** The time as last read. Router and budget go by it, so that a call reads the clock once for all of them. */
export class LastReadClock {
  readonly #clock: Clock;
  #last: number;
  /** Whether the clock was read since the replies of this turn came in. */
  #isCurrent = false;
  readonly #outdate = (): void => {
    this.#isCurrent = false;
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = clock.now();
  }

  /** The last reading. */
  now(): number {
    return this.#last;
  }

  /** Reads the clock. */
  read(): number {
    return (this.#last = this.#clock.now());
  }

  /**
   * The time, good enough for accounting: read once for all calls that begin or end in one run of the microtask queue, since replies
   * that came in one read of the socket end there one after the other. Reading it for each is a tenth of a call's cost.
   */
  glance(): number {
    if (this.#isCurrent) return this.#last;
    this.#isCurrent = true;
    void settled.then(this.#outdate);
    return this.read();
  }
}
