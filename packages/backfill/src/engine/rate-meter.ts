import type { Clock } from "@fleet/time";

/** The time over which the average forgets, in milliseconds. */
const memoryMs = 10_000;

/** How much per second, as a moving average; right from the first second on, since it knows how young it is. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #startedAt: number;
  #at: number;
  #perMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#at = this.#startedAt;
  }

  add(amount: number): void {
    this.#fade();
    this.#perMs += amount / memoryMs;
  }

  get perSecond(): number {
    this.#fade();
    const known = 1 - Math.exp(-(this.#at - this.#startedAt) / memoryMs);
    return known <= 0 ? 0 : (this.#perMs / known) * 1000;
  }

  #fade(): void {
    const now = this.#clock.now();
    this.#perMs *= Math.exp(-(now - this.#at) / memoryMs);
    this.#at = now;
  }
}
