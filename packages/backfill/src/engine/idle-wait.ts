import type { Clock } from "../clock.ts";
import type { Facts } from "../protocol/facts.ts";
import type { Keys } from "../protocol/keys.ts";
import type { Answer } from "../protocol/turns.ts";
import type { Link } from "../redis/link.ts";
import { sleep } from "../sleep.ts";

/** A blocking read that is not answered so long after its end never will be: the connection is dead. */
const graceMs = 1000;
const firstMs = 1000;
const longestMs = 5000;
/** Under pressure, and on a list, which cannot be waited for together with the wake-up. */
const shortMs = 200;
const listMs = 800;

interface IdleWaitOptions {
  readonly link: Link;
  readonly facts: Facts;
  readonly keys: Keys;
  /** A lease that begins after the last look may end this much later: nobody sleeps through that. */
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when there may be something to do again. */
  readonly ring: () => void;
}

/**
 * Waits in Redis for something to do, on a connection of its own: for the wake-up (work handed back, revived, resumed),
 * for the stream's next entry, or for the list's. Longer the longer nothing comes, shorter under pressure, and never
 * past what is due.
 */
export class IdleWait {
  readonly #options: IdleWaitOptions;
  #isWaiting = false;
  #nextMs = firstMs;

  constructor(options: IdleWaitOptions) {
    this.#options = options;
  }

  /** There is work: the next wait is short again. */
  reset(): void {
    this.#nextMs = firstMs;
  }

  /** Begins a wait, unless one is under way; `ring` is called at its end. @returns how long it may take. */
  begin(answer: Answer, isPressed: boolean): number {
    const { facts, leaseMs } = this.#options;
    const usual = isPressed ? shortMs : facts.kind === "list" ? listMs : this.#nextMs;
    const ms = Math.max(1, Math.min(usual, leaseMs / 2, (answer.dueMs ?? Infinity) + 1));
    if (this.#isWaiting) return ms;
    this.#isWaiting = true;
    void this.#wait(answer, ms).finally(() => {
      this.#isWaiting = false;
      this.#options.ring();
    });
    return ms;
  }

  async #wait(answer: Answer, ms: number): Promise<void> {
    const { link, facts, keys, clock, signal } = this.#options;
    this.#nextMs = Math.min(longestMs, this.#nextMs * 2);
    try {
      if (facts.kind === "list") {
        const end = facts.side.toUpperCase();
        // Onto itself: it says that there is something and takes nothing.
        await link.call("BLMOVE", [facts.key, facts.key, end, end, ms / 1000], ms + graceMs);
      } else {
        const streams = facts.kind === "stream" ? [facts.key] : [];
        const from = facts.kind === "stream" ? [answer.lastEntry ?? "$"] : [];
        await link.call(
          "XREAD",
          ["COUNT", 1, "BLOCK", Math.ceil(ms), "STREAMS", ...streams, keys.wake, ...from, answer.wakeId],
          ms + graceMs,
        );
      }
    } catch {
      // The turn that follows meets the same Redis, and deals with it; but it must not follow at once, again and again.
      await sleep(clock, Math.min(ms, shortMs), signal);
    }
  }
}
