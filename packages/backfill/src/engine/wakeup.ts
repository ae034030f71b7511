import type { Clock } from "@fleet/time";

/** Wakes a loop that waits. A wake-up that comes while the loop does not wait ends its next wait at once. */
export class Wakeup {
  readonly #clock: Clock;
  #isDue = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /** Resolves at the next wake-up, or after `ms`. One at a time. */
  async wait(ms?: number): Promise<void> {
    if (!this.#isDue) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = ms === undefined ? undefined : this.#clock.setTimeout(resolve, ms);
      await promise;
      if (timer !== undefined) this.#clock.clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#isDue = false;
  }
}
