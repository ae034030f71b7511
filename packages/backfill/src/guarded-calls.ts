import type { Calls, OpenCall } from "./calls.ts";
import type { Clock } from "./clock.ts";
import type { Gate, GatePermit } from "./gate.ts";
import type { HeldChunk } from "./held-chunk.ts";
import { sleep } from "./sleep.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** How a call ended in the end: with a value, with an error that counts against the id, or it does not matter any more. */
export type Verdict<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed" | "permanent"; readonly error: unknown }
  | { readonly kind: "over" };

/** Told of each try. */
interface Witness {
  started(): void;
  ended(outcome: "answered" | "failed" | "limited" | "aborted", durationMs: number, error?: unknown): void;
}

interface GuardedCallsOptions {
  readonly calls: Calls;
  readonly gate: Gate | undefined;
  /** For calls that are limited by a rate. */
  readonly bucket: TokenBucket | undefined;
  /** What must be waited for before each try. */
  readonly ready: (chunk: HeldChunk) => Promise<void> | undefined;
  readonly clock: Clock;
  /** The worker ends. */
  readonly signal: AbortSignal;
}

/** A breaker is asked again after so long at the latest: somebody may have closed it by hand. */
const longestWaitMs = 250;

/**
 * Calls to the hub or the database behind a rate and a breaker. What is not the id's fault does not count against it: a
 * refusal (the call waits for its turn), a request to come back later, a failure with which the breaker opens or that it
 * sees while it is not closed. Such a call is made again, here, for as long as the chunk is held.
 */
export class GuardedCalls {
  readonly #options: GuardedCallsOptions;

  constructor(options: GuardedCallsOptions) {
    this.#options = options;
  }

  async run<T>(
    chunk: HeldChunk,
    witness: Witness,
    work: (call: OpenCall) => Promise<T>,
  ): Promise<Verdict<T>> {
    const { calls, gate, bucket, clock, signal } = this.#options;
    for (;;) {
      const permit = await this.#admission(chunk);
      if (chunk.isOver || signal.aborted) {
        permit?.ignore();
        return { kind: "over" };
      }
      const startedAt = clock.now();
      witness.started();
      try {
        const value = await calls.run(chunk, work);
        permit?.success();
        witness.ended("answered", clock.now() - startedAt);
        return chunk.isOver ? { kind: "over" } : { kind: "answered", value };
      } catch (error) {
        const durationMs = clock.now() - startedAt;
        if (chunk.isOver || signal.aborted) {
          permit?.ignore();
          witness.ended("aborted", durationMs);
          return { kind: "over" };
        }
        const { code, retryAfterMs } = error as { code?: unknown; retryAfterMs?: unknown };
        if (code === "FLEET_BACKFILL_LIMITED" && bucket !== undefined && isMs(retryAfterMs)) {
          permit?.ignore();
          witness.ended("limited", durationMs, error);
          await bucket.postpone(retryAfterMs);
          continue;
        }
        witness.ended("failed", durationMs, error);
        if (code === "FLEET_BACKFILL_PERMANENT") {
          // The other side is well, and said so.
          permit?.success();
          return { kind: "permanent", error };
        }
        permit?.failure();
        if (gate === undefined || gate.allows()) return { kind: "failed", error };
      }
    }
  }

  /** Waits until the breaker and the rate let a call through; undefined where there is no breaker, or all is over. */
  async #admission(chunk: HeldChunk): Promise<GatePermit | undefined> {
    const { gate, bucket, ready, clock, signal } = this.#options;
    for (;;) {
      // No permit is held while waiting for the rate: half-open, it would count as a hung probe.
      while (gate?.allows() === false && !chunk.isOver && !signal.aborted) await this.#rest(gate);
      const token = bucket?.take();
      if (token !== undefined) await token;
      const readiness = ready(chunk);
      if (readiness !== undefined) await readiness;
      if (gate === undefined || chunk.isOver || signal.aborted) return undefined;
      const answer = gate.tryAcquire();
      if (answer.admitted) return answer;
      await sleep(clock, Math.min(answer.retryAfterMs, longestWaitMs), signal);
    }
  }

  async #rest(gate: Gate): Promise<void> {
    const answer = gate.tryAcquire();
    if (answer.admitted) {
      answer.ignore();
      return;
    }
    await sleep(this.#options.clock, Math.min(answer.retryAfterMs, longestWaitMs), this.#options.signal);
  }
}

function isMs(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
