import { type Clock, sleep } from "@fleet/time";

import type { RunDefinition } from "../protocol/definition.ts";
import type { Keys } from "../protocol/keys.ts";
import type { TurnAnswer } from "../protocol/turn-client.ts";
import type { RedisLink } from "../redis/link.ts";

/** A blocking read that is not answered so long after its end never will be: the connection is dead. */
const graceMs = 1000;
const firstMs = 1000;
const longestMs = 5000;
/** Under pressure, and on a list, which cannot be waited for together with the wake-up. */
const shortMs = 200;
const listMs = 800;

interface IdleWaitOptions {
  readonly link: Pick<RedisLink, "call">;
  readonly definition: RunDefinition;
  readonly keys: Keys;
  /** A lease that begins after the last look may end this much later, and no wait lasts beyond that. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when there may be something to do again. */
  readonly wake: () => void;
}

/**
 * Waits in Redis for something to do, on a connection of its own: for the wake-up (work handed back, revived, resumed),
 * for the next entry of the stream, or of the list. A wait is longer the longer nothing came, shorter under pressure, and never
 * lasts beyond the time at which something is due.
 */
export class IdleWait {
  readonly #options: IdleWaitOptions;
  #isWaiting = false;
  #nextMs = firstMs;

  constructor(options: IdleWaitOptions) {
    this.#options = options;
  }

  /** Makes the next wait short again: there is work. */
  reset(): void {
    this.#nextMs = firstMs;
  }

  /** Begins a wait, unless one is under way; `wake` is called at its end. @returns how long it may take. */
  begin(answer: TurnAnswer, isPressed: boolean): number {
    const { definition, leaseMs } = this.#options;
    const usual = isPressed ? shortMs : definition.kind === "list" ? listMs : this.#nextMs;
    const ms = Math.max(1, Math.min(usual, leaseMs / 2, (answer.dueMs ?? Infinity) + 1));
    if (this.#isWaiting) return ms;
    this.#isWaiting = true;
    void this.#wait(answer, ms).finally(() => {
      this.#isWaiting = false;
      this.#options.wake();
    });
    return ms;
  }

  async #wait(answer: TurnAnswer, ms: number): Promise<void> {
    const { link, definition, keys, clock, signal } = this.#options;
    this.#nextMs = Math.min(longestMs, this.#nextMs * 2);
    try {
      if (definition.kind === "list") {
        const end = definition.side.toUpperCase();
        // Onto itself: it shows that there is an element and takes none.
        await link.call("BLMOVE", [definition.key, definition.key, end, end, ms / 1000], ms + graceMs);
      } else {
        const streams = definition.kind === "stream" ? [definition.key] : [];
        const from = definition.kind === "stream" ? [answer.lastEntry ?? "$"] : [];
        await link.call(
          "XREAD",
          ["COUNT", 1, "BLOCK", Math.ceil(ms), "STREAMS", ...streams, keys.wake, ...from, answer.wakeId],
          ms + graceMs,
        );
      }
    } catch {
      // The next turn meets the same Redis and deals with the error; but turns must not follow each other without a pause.
      await sleep(clock, Math.min(ms, shortMs), signal);
    }
  }
}
