import type { Clock } from "@fleet/time";

import { FairTimer } from "../fair-timer.ts";

export interface WaitOptions {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Holds the stack of the call that waits. */
  readonly origin: Error;
  /** The one the caller came with. */
  readonly deadline: number | undefined;
  /** Makes the error of one that waited too long. */
  readonly timedOut: (waitedMs: number) => Error;
  /** It left by itself: by timeout or abort. */
  readonly left: (why: "timeout" | "aborted", waitedMs: number) => void;
}

export interface Waiter<L> {
  readonly promise: Promise<L>;
  readonly startedAt: number;
  readonly origin: Error;
  readonly deadline: number | undefined;
  resolve(lease: L): void;
  reject(error: unknown): void;
}

/** Calls that wait for a connection, first come first served. Each leaves exactly once: served, refused, timed out or aborted. */
export class Waiters<L> {
  /** A Set keeps the order of arrival and lets a call leave from the middle. */
  readonly #queue = new Set<Waiter<L>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#queue.size;
  }

  add({ signal, timeoutMs, origin, deadline, timedOut, left }: WaitOptions): Promise<L> {
    const { promise, resolve, reject } = Promise.withResolvers<L>();
    const startedAt = this.#clock.now();
    const leave = (): void => {
      this.#queue.delete(waiter);
      timer.stop();
      signal?.removeEventListener("abort", abort);
    };
    const waiter: Waiter<L> = {
      promise,
      startedAt,
      origin,
      deadline,
      resolve(lease) {
        leave();
        resolve(lease);
      },
      reject(error) {
        leave();
        reject(error);
      },
    };
    const goAway = (why: "timeout" | "aborted", error: (waitedMs: number) => unknown): void => {
      const waitedMs = this.#clock.now() - startedAt;
      waiter.reject(error(waitedMs));
      left(why, waitedMs);
    };
    const abort = (): void => goAway("aborted", () => signal?.reason);
    const timer = new FairTimer(this.#clock, timeoutMs, () => goAway("timeout", timedOut));
    signal?.addEventListener("abort", abort, { once: true });
    this.#queue.add(waiter);
    return promise;
  }

  /** The one that came first; still in the queue. */
  first(): Waiter<L> | undefined {
    return this.#queue.values().next().value;
  }

  rejectAll(error: () => unknown): void {
    for (const waiter of this.#queue) waiter.reject(error());
  }
}
