import type { CircuitBreakerOptions } from "./breaker-options.ts";

type OpenTimeOptions = Required<Pick<CircuitBreakerOptions, "openMs" | "maxOpenMs" | "jitter" | "random">>;

/**
 * How long an opening lasts: openMs doubled for each opening before it, at most maxOpenMs, then jitter (after the
 * cap, or all breakers of a long outage would probe in the same tick).
 *
 * Closing does not forget: an instance that passes its probes and fails again would else be tried at the base rate for
 * ever. Closed time pays the doublings back, each at the price of the opening it doubled, so the memory of an outage
 * fades on the outage's own time scale, without another setting.
 */
export class OpenTime {
  readonly #options: OpenTimeOptions;
  #doublings = 0;

  constructor(options: OpenTimeOptions, doublings = 0) {
    this.#options = options;
    // Doublings beyond the longest opening change nothing; a snapshot may have been made with other options.
    while (this.#doublings < doublings && this.nextMs < options.maxOpenMs) this.#doublings += 1;
  }

  /** How often the open time has been doubled and not paid back. */
  get doublings(): number {
    return this.#doublings;
  }

  /** What the next opening lasts before jitter, in ms. */
  get nextMs(): number {
    return this.#nominalMs(this.#doublings);
  }

  /** The longest that an opening can last, in ms. */
  get longestMs(): number {
    return this.#options.maxOpenMs * (1 + this.#options.jitter);
  }

  /** Draws the length of an opening that begins now, and doubles the next. */
  draw(): number {
    const { jitter, random } = this.#options;
    const nominalMs = this.nextMs;
    // Beyond the cap a doubling changes nothing; not counting it keeps the fading short after a long outage.
    if (nominalMs < this.#options.maxOpenMs) this.#doublings += 1;
    return nominalMs * (1 + jitter * (2 * random() - 1));
  }

  /** Credits time spent closed. */
  fade(closedMs: number): void {
    for (let left = closedMs; this.#doublings > 0; this.#doublings -= 1) {
      left -= this.#nominalMs(this.#doublings - 1);
      if (left < 0) return;
    }
  }

  forget(): void {
    this.#doublings = 0;
  }

  #nominalMs(doublings: number): number {
    return Math.min(this.#options.maxOpenMs, this.#options.openMs * 2 ** doublings);
  }
}
