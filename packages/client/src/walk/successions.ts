import type { Clock } from "@fleet/time";

export interface SuccessionsOptions {
  /** How long calls may wait for somebody to take over, counted from the loss, in milliseconds; 0: they do not. */
  readonly ms: number;
  readonly clock: Clock;
}

interface Succession {
  readonly lostAt: number;
  readonly found: PromiseWithResolvers<void>;
}

/** More calls do not wait: who would come back to them all at once? */
const mostWaiting = 10_000;

/**
 * Instances that had somebody to write to a moment ago and have nobody now: a failover, a Pod that is replaced. Nothing of their calls
 * was sent, so they can wait; where the gap lasts, they are refused at once.
 */
export class Successions {
  readonly #options: SuccessionsOptions;
  readonly #open = new Map<string, Succession>();
  #waiting = 0;

  constructor(options: SuccessionsOptions) {
    this.#options = options;
  }

  lost(instance: string): void {
    if (this.#options.ms === 0 || this.#open.has(instance)) return;
    this.#open.set(instance, { lostAt: this.#options.clock.now(), found: Promise.withResolvers() });
  }

  /** Somebody is there again, or the instance is gone. */
  over(instance: string): void {
    this.#open.get(instance)?.found.resolve();
    this.#open.delete(instance);
  }

  /**
   * Waits, as `wait` does, for somebody to be there.
   *
   * @returns false where nobody is to be expected: nothing was waited for.
   */
  async await(instance: string, wait: (found: Promise<void>, ms: number) => Promise<void>): Promise<boolean> {
    const succession = this.#open.get(instance);
    if (succession === undefined || this.#waiting >= mostWaiting) return false;
    const leftMs = succession.lostAt + this.#options.ms - this.#options.clock.now();
    if (leftMs <= 0) return false;
    this.#waiting += 1;
    try {
      await wait(succession.found.promise, leftMs);
    } finally {
      this.#waiting -= 1;
    }
    return true;
  }
}
