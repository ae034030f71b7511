import type { Clock } from "@fleet/time";

/** How many patiences a place is waited for of which nothing is known: there is nothing else to use. */
const unknownTimes = 3;
/** The share of a patience that is left where the server was silent a moment ago. */
const silentShare = 0.1;
/** For how many patiences a silence counts. */
const silenceTimes = 10;

/**
 * How long reads by name wait for a server. One dial reads several objects: a server that was silent for one of them is not waited
 * for as long for the next.
 */
export class ReadPatience {
  readonly #clock: Clock;
  readonly #ms: number;
  #silentUntil = -Infinity;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Milliseconds that a read may take now. */
  msFor(what: "known" | "unknown"): number {
    if (this.#isSilent) return this.#ms * silentShare;
    return what === "known" ? this.#ms : this.#ms * unknownTimes;
  }

  /** A read ran out of time. A second one adds nothing, so that a slow server gets its whole time again before long. */
  ranOut(): void {
    if (!this.#isSilent) this.#silentUntil = this.#clock.now() + this.#ms * silenceTimes;
  }

  /** The server said something, be it an error. */
  answered(): void {
    this.#silentUntil = -Infinity;
  }

  get #isSilent(): boolean {
    return this.#clock.now() < this.#silentUntil;
  }
}
