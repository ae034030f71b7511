import type { Clock } from "@fleet/time";

import { longestPauseMs } from "../longest-pause.ts";
import { readable } from "../readable.ts";
import { Admissions } from "./admissions.ts";
import { isAway } from "./away.ts";
import type { Calls, OpenCall } from "./calls.ts";
import type { Gate, GatePermit } from "./gate.ts";
import type { HeldChunk } from "./held-chunk.ts";
import { Pardons } from "./pardons.ts";
import type { TokenBucket } from "./token-bucket.ts";

/**
 * How a call ended: with a value, with an error that counts against the id, with one that does not (the other side is away),
 * or it does not matter any more.
 */
export type Verdict<T> =
  | { readonly kind: "answered"; readonly value: T }
  | {
      readonly kind: "failed" | "pardoned" | "permanent";
      readonly error: unknown;
      /** How long the other side wants to be asked no more for this id, beyond the delay between tries. */
      readonly notBeforeMs?: number;
      /** Others were answered while this call was under way. */
      readonly othersPassed?: boolean;
    }
  | { readonly kind: "over" };

/** What a call is made for. */
export interface CallSubject {
  readonly chunk: HeldChunk;
  /** Names the id, or the first of the ids, in this run. */
  readonly key: string;
  /** Failures of it before, those that were pardoned included. */
  readonly failures: number;
  readonly pardons: number;
  /** It is for several ids at once: a failure does not say which of them is bad. */
  readonly isBatch: boolean;
}

/** Is called at the start and the end of each try. */
interface CallObserver {
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
  /** Failures of an id that are pardoned where the other side is away. */
  readonly awayAttempts: number;
  readonly clock: Clock;
  /** Aborted when the worker ends. */
  readonly signal: AbortSignal;
}

/**
 * Calls to the hub or the database behind a rate and a breaker. A refusal of the breaker makes the call wait; every failure
 * is returned, a request for a pause too, so that no id is tried for ever while others wait behind it.
 */
export class GuardedCalls {
  readonly #options: GuardedCallsOptions;
  readonly #pardons: Pardons;
  readonly #admissions: Admissions;

  constructor(options: GuardedCallsOptions) {
    this.#options = options;
    this.#pardons = new Pardons(options.awayAttempts);
    this.#admissions = new Admissions(options);
  }

  /** Chunks for which no call is under way, because the breaker is open or the hub has asked for a pause. */
  get stalled(): readonly HeldChunk[] {
    return this.#admissions.stalled;
  }

  async run<T>(
    subject: CallSubject,
    observer: CallObserver,
    work: (call: OpenCall) => Promise<T>,
  ): Promise<Verdict<T>> {
    const { calls, bucket, clock, signal } = this.#options;
    const { chunk } = subject;
    const { permit, isProbe } = await this.#admissions.wait(subject);
    if (chunk.isOver || signal.aborted) {
      permit?.ignore();
      return { kind: "over" };
    }
    const startedAt = clock.now();
    const answersBefore = this.#pardons.answers;
    observer.started();
    try {
      const value = await calls.run(chunk, work);
      this.#well(permit);
      observer.ended("answered", clock.now() - startedAt);
      return chunk.isOver ? { kind: "over" } : { kind: "answered", value };
    } catch (thrown) {
      const error = readable(thrown);
      const durationMs = clock.now() - startedAt;
      if (chunk.isOver || signal.aborted) {
        permit?.ignore();
        observer.ended("aborted", durationMs);
        return { kind: "over" };
      }
      const { code, retryAfterMs } = (error ?? {}) as { code?: unknown; retryAfterMs?: unknown };
      if (code === "FLEET_BACKFILL_LIMITED" && bucket !== undefined && isMs(retryAfterMs)) {
        permit?.ignore();
        observer.ended("limited", durationMs, error);
        const isPardoned = this.#pardons.grant(subject.key, subject.pardons);
        await bucket.postpone(retryAfterMs);
        if (chunk.isOver || signal.aborted) return { kind: "over" };
        // Other ids have their turn when the pause is over, also where the hub wants only this id later. An id for which the
        // hub asks for a pause again and again, while others are answered, delays the others less often.
        return isPardoned
          ? { kind: "pardoned", error }
          : { kind: "failed", error, notBeforeMs: Math.min(retryAfterMs, longestPauseMs) };
      }
      observer.ended("failed", durationMs, error);
      if (code === "FLEET_BACKFILL_PERMANENT") {
        // The answer shows that the other side is well.
        this.#well(permit);
        return { kind: "permanent", error };
      }
      const othersPassed = this.#pardons.answers > answersBefore;
      return { kind: this.#judge(error, subject, permit, isProbe), error, othersPassed };
    }
  }

  #well(permit: GatePermit | undefined): void {
    this.#pardons.answered();
    if (permit !== undefined) this.#admissions.succeeded(permit);
  }

  /**
   * Decides what a failure counts against. For the breaker only the first failure of an id counts: an id that fails again and
   * again must not keep the others from their turn. But a probe that finds the other side away counts, whichever id it was made
   * for.
   */
  #judge(
    error: unknown,
    { key, failures, pardons, isBatch }: CallSubject,
    permit: GatePermit | undefined,
    isProbe: boolean,
  ): "failed" | "pardoned" {
    const isFirst = failures === 0;
    if (isAway(error)) {
      if (permit !== undefined && (isFirst || isProbe)) this.#admissions.failed(permit, isFirst && isProbe);
      else permit?.ignore();
      return this.#pardons.grant(key, pardons) ? "pardoned" : "failed";
    }
    // Each record of a batch that is refused gets a call of its own, and that one counts.
    if (permit === undefined || isBatch || !isFirst) permit?.ignore();
    // The other side is there again, and has answered for this id.
    else if (isProbe) this.#admissions.succeeded(permit);
    else this.#admissions.failed(permit);
    return "failed";
  }
}

function isMs(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
