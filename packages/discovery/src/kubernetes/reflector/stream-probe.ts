import type { Clock } from "@fleet/time";

/** A server that streams a whole set is not silent for so long, in milliseconds. */
const lookMs = 3000;
/** Nor does it need so many times as long. */
const mostLooks = 5;

/**
 * Looks whether a whole set is on its way as a stream. A server that does not know what it was asked for says what is there, and then
 * waits for changes; that the set is whole it never says.
 */
export class StreamProbe {
  readonly #clock: Clock;
  readonly #giveUp: () => void;
  #looks = 0;
  #isMoving = false;
  #timer: unknown;

  /** @param giveUp called when there is nothing to wait for. */
  constructor(clock: Clock, giveUp: () => void) {
    this.#clock = clock;
    this.#giveUp = giveUp;
  }

  start(): void {
    this.#timer = this.#clock.setTimeout(() => this.#look(), lookMs);
  }

  /** Something has come. */
  moved(): void {
    this.#isMoving = true;
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #look(): void {
    this.#looks += 1;
    if (!this.#isMoving || this.#looks === mostLooks) return this.#giveUp();
    this.#isMoving = false;
    return this.start();
  }
}
