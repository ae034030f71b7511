import { type Clock, unref } from "@fleet/time";

/** A callback that comes later than this was kept from running. */
const lateMs = 25;

/** The longest time that is added on account of that. */
const mostExtraMs = 1000;

/**
 * How much longer a wait lasts whose timer was so late. While this process paused (a busy loop, a collection of garbage, a
 * throttled container) nothing was written or read, so the other side had no chance to answer.
 */
export function extraMs(lateByMs: number): number {
  return lateByMs > lateMs ? Math.min(lateByMs, mostExtraMs) : 0;
}

/**
 * Calls back after `ms`, but not before the event loop has read what had arrived by then: Node runs timers before it reads
 * sockets, so that after a pause of the process a bare timer would miss answers that are there. A timer that is late waits
 * once more, see `extraMs`.
 */
export class FairTimer {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #handle: unknown;
  #isUnref = false;
  #isStopped = false;

  constructor(clock: Clock, ms: number, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
    this.#wait(ms, (lateByMs) => {
      const extra = extraMs(lateByMs);
      if (extra === 0) this.#read();
      else this.#wait(extra, () => this.#read());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#handle);
  }

  /** Lets the process end although it is pending. */
  unref(): void {
    this.#isUnref = true;
    unref(this.#handle);
  }

  #wait(ms: number, fired: (lateByMs: number) => void): void {
    const dueAt = this.#clock.now() + ms;
    this.#handle = this.#clock.setTimeout(() => fired(this.#clock.now() - dueAt), ms);
    if (this.#isUnref) unref(this.#handle);
  }

  #read(): void {
    setImmediate(() => {
      if (!this.#isStopped) this.#callback();
    });
  }
}
