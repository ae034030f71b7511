import type { Now } from "@fleet/time";

import type { Call, Slot } from "./slot.ts";
import type { Target } from "./target.ts";

/** A failed call counts as at least this slow, or a target that refuses quickly would look like the fastest (ms). */
const failureMs = 1_000;

/** Why this target: the only candidate, the policy's choice, or the primary because no replica was usable. */
export type PickReason = "only" | "policy" | "fallback";

/** The answer of `pick()`. The target counts one more call in flight until the ticket is disposed. */
export interface Ticket<T extends Target> extends Disposable {
  readonly target: T;
  readonly reason: PickReason;
  /** The tier that the target was in; above 0 no better one was usable. */
  readonly rank: number;
  /** Says, before disposing, that the target failed the call: its latency then counts as at least 1 s. */
  failed(): void;
  /** Ends the call's accounting; only the first time counts. */
  [Symbol.dispose](): void;
}

export class IssuedTicket<T extends Target> implements Ticket<T>, Call {
  readonly target: T;
  readonly reason: PickReason;
  readonly rank: number;
  readonly startedAt: number;
  older: Call | undefined = undefined;
  newer: Call | undefined = undefined;
  readonly #clock: Now;
  #slot: Slot<T> | undefined;
  #failed = false;

  /** Reserves: the next pick already sees this call in flight. */
  constructor(slot: Slot<T>, reason: PickReason, rank: number, clock: Now, now: number) {
    this.target = slot.target;
    this.reason = reason;
    this.rank = rank;
    this.startedAt = now;
    this.#clock = clock;
    this.#slot = slot;
    slot.begin(this);
  }

  failed(): void {
    this.#failed = true;
  }

  [Symbol.dispose](): void {
    const slot = this.#slot;
    if (slot === undefined) return;
    this.#slot = undefined;
    const now = this.#clock.now();
    const elapsedMs = now - this.startedAt;
    slot.end(this, now, this.#failed ? Math.max(elapsedMs, failureMs) : elapsedMs);
  }
}
