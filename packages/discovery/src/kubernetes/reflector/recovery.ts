import { sleep, type Clock } from "@fleet/time";

import { isBroken } from "../api/api-error.ts";
import { pauseAfter } from "./pause-after.ts";
import { verdictOf } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

const maxMs = 30_000;

/** Failures in a row, the pause after each, and what may end it. */
export class Recovery {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  /** Of the last failure. */
  #reason = "";
  /** When the last failure, and the pause after it, was over. */
  #failedAt = 0;
  /** A pause after a connection that broke. */
  #cutOff: AbortController | undefined;
  #hurriedAt = -Infinity;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @param ageMs of the set whose version was asked for. */
  verdictOf(error: unknown, ageMs: number): Verdict {
    return verdictOf(error, {
      failures: this.#failures,
      isExpired: this.#reason === "expired",
      isAged: ageMs >= maxMs,
    });
  }

  /** Half a minute without a failure begins anew. */
  forgive(): void {
    if (this.#clock.now() - this.#failedAt < maxMs) return;
    this.#failures = 0;
    this.#reason = "";
  }

  /** Counts a failure. @returns how long the next attempt is to wait, in milliseconds. */
  failed(error: unknown, reason: string): number {
    const ms = pauseAfter(error, this.#failures, this.#random);
    this.#failures += 1;
    this.#reason = reason;
    this.#failedAt = this.#clock.now();
    return ms;
  }

  /** Waits after a failure. @param pause ends it when it is aborted. */
  async pause(ms: number, error: unknown, pause: AbortController): Promise<void> {
    if (isBroken(error)) this.#cutOff = pause;
    await sleep(this.#clock, ms, pause.signal);
    this.#cutOff = undefined;
    this.#failedAt = this.#clock.now();
  }

  /** Ends a pause after a connection that broke; once in half a minute at the most. */
  hurry(): void {
    if (this.#cutOff === undefined) return;
    const now = this.#clock.now();
    // A server that takes connections and drops them would have two of us hurry each other for ever.
    if (now - this.#hurriedAt < maxMs) return;
    this.#hurriedAt = now;
    this.#cutOff.abort();
  }
}
