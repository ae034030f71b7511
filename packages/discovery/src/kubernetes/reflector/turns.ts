import { setImmediate as afterIo } from "node:timers/promises";

/** How long work may keep the event loop, in milliseconds. */
const turnMs = 5;

/** Work that comes in crowds, cut into turns: whatever else the process does is not kept waiting. */
export class Turns {
  #begun = 0;

  get isOver(): boolean {
    return performance.now() - this.#begun >= turnMs;
  }

  /** Lets the others go on first. */
  async next(): Promise<void> {
    await afterIo();
    this.#begun = performance.now();
  }
}
