import type { Clock } from "../clock.ts";

/** Rings for who waits; a ring that nobody waited for is heard by the next. */
export class Bell {
  readonly #clock: Clock;
  #isRung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or after `ms`. One at a time. */
  async wait(ms?: number): Promise<void> {
    if (!this.#isRung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = ms === undefined ? undefined : this.#clock.setTimeout(resolve, ms);
      await promise;
      if (timer !== undefined) this.#clock.clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#isRung = false;
  }
}
