import { NoTargetError } from "@fleet/router";
import type { Clock } from "@fleet/time";

import { waitFor } from "./wait-for.ts";

export interface FailoversOptions {
  /** How long calls to an instance may wait for a successor, counted from the loss, in milliseconds; 0: they do not. */
  readonly msOf: (instance: string) => number;
  readonly clock: Clock;
  /** Ends every wait. */
  readonly closing: AbortSignal;
}

export interface SuccessorTerms {
  /** When the caller gives up. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

interface Failover {
  readonly lostAt: number;
  readonly successor: PromiseWithResolvers<void>;
}

/** Calls beyond this many fail fast: a successor could not serve them all at once. */
const mostWaiting = 10_000;

/**
 * Instances that had an endpoint to write to a moment ago and have none now: a failover, a Pod that is replaced. Nothing of their calls
 * was sent, so the calls can wait; where the gap lasts, they are refused at once.
 */
export class Failovers {
  readonly #options: FailoversOptions;
  readonly #open = new Map<string, Failover>();
  #waiting = 0;

  constructor(options: FailoversOptions) {
    this.#options = options;
  }

  /** The instance has lost its primary, or all its endpoints. */
  begin(instance: string): void {
    const { msOf, clock } = this.#options;
    if (msOf(instance) === 0 || this.#open.has(instance)) return;
    this.#open.set(instance, { lostAt: clock.now(), successor: Promise.withResolvers() });
  }

  /** The instance has an endpoint to write to again, or is gone. */
  over(instance: string): void {
    this.#open.get(instance)?.successor.resolve();
    this.#open.delete(instance);
  }

  /**
   * Waits until the instance has a successor, the failover has taken too long, the deadline comes, the signal aborts or the fleet closes.
   *
   * @returns false where no successor is to be expected: nothing was waited for.
   */
  async wait(instance: string, { deadline, signal }: SuccessorTerms): Promise<boolean> {
    const { msOf, clock, closing } = this.#options;
    const failover = this.#open.get(instance);
    if (failover === undefined || this.#waiting >= mostWaiting) return false;
    const now = clock.now();
    const leftMs = failover.lostAt + msOf(instance) - now;
    if (leftMs <= 0) return false;
    this.#waiting += 1;
    await waitFor(failover.successor.promise, clock, Math.min(leftMs, deadline - now), closing, signal);
    this.#waiting -= 1;
    return true;
  }
}

/** Whether a call found no endpoint where there may be one soon. */
export function isVacant(error: unknown): boolean {
  return error instanceof NoTargetError && (error.reason === "no-primary" || error.reason === "no-endpoints");
}
