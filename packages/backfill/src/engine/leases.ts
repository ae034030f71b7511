import type { Clock } from "@fleet/time";

import { extend } from "../protocol/lua/scripts.ts";
import type { RunSession } from "../protocol/session.ts";
import type { HeldChunk } from "./held-chunk.ts";

interface LeasesOptions {
  readonly session: RunSession;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** The worker's report as JSON. */
  readonly report: () => string;
  /** Called when another worker has the chunk. */
  readonly fenced: (chunk: HeldChunk) => void;
  readonly failed: (error: unknown) => void;
}

/** Chunks per heartbeat command. */
const atOnce = 1000;

/** The chunks that a worker holds, and the heartbeat that keeps them its own. */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Map<number, HeldChunk>();
  #timer: unknown;
  #beating: Promise<void> | undefined;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  *[Symbol.iterator](): Generator<HeldChunk> {
    yield* this.#held.values();
  }

  has(number: number, token: string): boolean {
    return this.#held.get(number)?.token === token;
  }

  add(chunk: HeldChunk): void {
    const before = this.#held.get(chunk.number);
    // Its lease ran out unnoticed, and this worker has claimed it again.
    if (before !== undefined) this.#options.fenced(before);
    this.#held.set(chunk.number, chunk);
  }

  remove(chunk: HeldChunk): void {
    if (this.#held.get(chunk.number) === chunk) this.#held.delete(chunk.number);
  }

  /** Sends a heartbeat now, and then every third of a lease. */
  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Undefined while the lease is known to hold; else resolves when Redis has been asked, and `chunk.isOver` is right again. */
  assure(chunk: HeldChunk): Promise<void> | undefined {
    return this.#options.clock.now() < chunk.validUntil ? undefined : this.#beat();
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#extendAll().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #extendAll(): Promise<void> {
    const { clock, leaseMs, signal, failed } = this.#options;
    clock.clearTimeout(this.#timer);
    const sentAt = clock.now();
    try {
      const chunks = [...this.#held.values()];
      for (let at = 0; at === 0 || at < chunks.length; at += atOnce)
        await this.#extend(chunks.slice(at, at + atOnce));
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
    if (signal.aborted) return;
    const nextMs = Math.max(1, leaseMs / 3 - (clock.now() - sentAt));
    this.#timer = clock.setTimeout(() => void this.#beat(), nextMs);
  }

  async #extend(chunks: readonly HeldChunk[]): Promise<void> {
    const { session, clock, leaseMs, signal, report, fenced } = this.#options;
    const sentAt = clock.now();
    const answer = await session.ask<{ readonly timeUs: string; readonly fenced?: readonly number[] }>(
      extend,
      { report: report() },
      chunks.flatMap(({ number, token }) => [number, token]),
      signal,
    );
    const gone = new Set(answer.fenced);
    for (const chunk of chunks) {
      if (!gone.has(chunk.number)) chunk.validUntil = sentAt + leaseMs;
      // Chunks that were settled meanwhile are not held any more because this worker gave them up.
      else if (this.#held.get(chunk.number) === chunk && !chunk.isOver) fenced(chunk);
    }
  }
}
