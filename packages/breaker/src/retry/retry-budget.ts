import {
  checkOptions,
  complete,
  count,
  duration,
  now,
  number,
  type Rules,
  withDefault,
} from "@fleet/options";
import { systemClock, type Now } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";

export interface RetryBudgetOptions {
  /** Retries per first attempt, over the window. @default 0.1 */
  readonly ratio?: number;
  /** Retries allowed per window whatever the traffic, so that a quiet caller may retry at all. @default 10 */
  readonly reserve?: number;
  /** Length of the sliding window, in ms. @default 10000 */
  readonly windowMs?: number;
  /** Monotonic milliseconds. @default performance.now */
  readonly clock?: Now;
}

export const retryBudgetRules: Rules<RetryBudgetOptions> = {
  ratio: withDefault(
    0.1,
    number("between 0 and 1", (value) => value >= 0 && value <= 1),
  ),
  reserve: withDefault(10, count(0)),
  windowMs: withDefault(10_000, duration),
  clock: withDefault(systemClock, now),
};

/** The window is counted in this many slices; a slice is forgotten as a whole. */
const slices = 10;

/**
 * Bounds the retries (and hedges) of all callers that share it: in the window that ends with a granted retry there are
 * at most `ratio` times as many retries as first attempts, plus `reserve`. So an outage multiplies the load by at
 * most 1 + ratio, where retrying three times blindly would quadruple it.
 *
 * Exact counts that expire by the clock, not a bucket that fills: a bucket filled in a quiet hour would let a burst
 * through at twice the ratio.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #sliceMs: number;
  readonly #clock: Now;
  readonly #requests = new Float64Array(slices + 1);
  readonly #retries = new Float64Array(slices + 1);
  #requestsInWindow = 0;
  #retriesInWindow = 0;
  #slice: number;

  /** @throws InvalidOptionError */
  constructor(options: RetryBudgetOptions = {}) {
    checkOptions(options, retryBudgetRules, InvalidOptionError);
    const { ratio, reserve, windowMs, clock } = complete(options, retryBudgetRules);
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.#sliceMs = windowMs / slices;
    this.#clock = clock;
    this.#slice = Math.floor(clock.now() / this.#sliceMs);
  }

  /** A first attempt was made. Count it before sending. */
  request(): void {
    this.#advance();
    const slot = this.#slice % (slices + 1);
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1;
    this.#requestsInWindow += 1;
  }

  /** Takes one retry out of the budget; false when there is none, then do not retry. */
  tryRetry(): boolean {
    if (this.tokens < 1) return false;
    const slot = this.#slice % (slices + 1);
    this.#retries[slot] = (this.#retries[slot] ?? 0) + 1;
    this.#retriesInWindow += 1;
    return true;
  }

  /** Retries that may be made now (a fraction counts towards the next). */
  get tokens(): number {
    this.#advance();
    return Math.max(0, this.#reserve + this.#ratio * this.#requestsInWindow - this.#retriesInWindow);
  }

  #advance(): void {
    const slice = Math.floor(this.#clock.now() / this.#sliceMs);
    const steps = Math.min(slice - this.#slice, slices + 1);
    for (let step = 1; step <= steps; step += 1) {
      // Requests are counted over the last 10 slices, retries over 11: the slices cover at most the window for the
      // one and at least the window for the other, so that the bound holds for every window, not only aligned ones.
      const entering = slice - steps + step;
      const leaving = (entering + 1) % (slices + 1);
      const slot = entering % (slices + 1);
      this.#requestsInWindow -= this.#requests[leaving] ?? 0;
      this.#requests[leaving] = 0;
      this.#retriesInWindow -= this.#retries[slot] ?? 0;
      this.#retries[slot] = 0;
    }
    this.#slice = Math.max(slice, this.#slice);
  }
}
