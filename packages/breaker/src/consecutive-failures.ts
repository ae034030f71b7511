import type { IBreaker } from "cockatiel";

import type { Ledger } from "./permit.ts";

/** Generations count up from 0. */
const noGeneration = -1;

/**
 * Counts the calls of the closed state, synchronously and without a promise, and is the `IBreaker` that cockatiel asks
 * whether to open. The counting happens before cockatiel hears of anything, so its own two methods only answer.
 */
export class ConsecutiveFailures implements IBreaker, Ledger {
  /** Failures since the last success. The name is cockatiel's. */
  state = 0;
  readonly #threshold: number;
  readonly #trip: () => void;
  #generation = 0;

  constructor(threshold: number, trip: () => void) {
    this.#threshold = threshold;
    this.#trip = trip;
  }

  /** Starts from zero; outcomes of earlier generations no longer count. */
  begin(generation: number): void {
    this.#generation = generation;
    this.state = 0;
  }

  /** The circuit is no longer closed: what the calls of this generation still report comes too late. */
  end(): void {
    this.#generation = noGeneration;
  }

  succeeded(generation: number): void {
    if (generation === this.#generation) this.state = 0;
  }

  failed(generation: number): void {
    if (generation !== this.#generation) return;
    this.state += 1;
    if (this.state >= this.#threshold) this.#trip();
  }

  ignored(): void {
    // Neutral on purpose: an aborted call says nothing about the server.
  }

  success(): void {
    // cockatiel reports a close; begin() has already cleared the count.
  }

  /** Asked by cockatiel a few microtasks after a trip. If begin() came between, it must stay closed. */
  failure(): boolean {
    return this.state >= this.#threshold;
  }
}
