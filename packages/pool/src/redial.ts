import { backoff, type Clock, unref } from "@fleet/time";

import { AuthenticationError } from "./errors.ts";

export interface RedialSettings {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly clock: Clock;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  /** The pause is over: the next dial may start. */
  readonly rested: () => void;
}

/** After refused credentials: at most one dial per second, since only new credentials can help. */
const authenticationDelayMs = 1000;

/** The pause after a dial that failed, longer with each failure in a row. */
export class Redial {
  /** Since the last success. */
  failures = 0;
  readonly #settings: RedialSettings;
  #timer: unknown;

  constructor(settings: RedialSettings) {
    this.#settings = settings;
  }

  get resting(): boolean {
    return this.#timer !== undefined;
  }

  succeeded(): void {
    this.failures = 0;
  }

  /** Starts the pause, anew where one runs, and answers how long it is. */
  failed(error: unknown): number {
    const { minDelayMs, maxDelayMs, clock, random, rested } = this.#settings;
    const delayMs = backoff(this.failures, { minMs: minDelayMs, maxMs: maxDelayMs, random });
    this.failures += 1;
    clock.clearTimeout(this.#timer);
    const pauseMs = Math.max(delayMs, error instanceof AuthenticationError ? authenticationDelayMs : 0);
    const rest = (): void => {
      this.#timer = undefined;
      rested();
    };
    // What waits for the next dial keeps the process alive itself.
    this.#timer = unref(clock.setTimeout(rest, pauseMs));
    return pauseMs;
  }

  stop(): void {
    this.#settings.clock.clearTimeout(this.#timer);
  }
}
