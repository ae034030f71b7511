import { setImmediate as afterIo } from "node:timers/promises";

import type { Now } from "./clock.ts";

/** Cuts long work into slices, so that the event loop serves everything else in between. */
export class TimeSlice {
  readonly #clock: Now;
  readonly #ms: number;
  #begunAt: number;

  /** @param ms how long a slice may keep the event loop, in milliseconds. */
  constructor(clock: Now, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.#begunAt = clock.now();
  }

  /** Whether the work should pause; ask between two pieces of it. */
  get isOver(): boolean {
    return this.#clock.now() - this.#begunAt >= this.#ms;
  }

  /** Lets input and output be served, then begins the next slice. Look at your signal afterwards. */
  async next(): Promise<void> {
    await afterIo();
    this.#begunAt = this.#clock.now();
  }
}
