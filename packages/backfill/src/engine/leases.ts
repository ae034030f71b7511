import type { Clock } from "../clock.ts";
import type { Contact } from "../protocol/contact.ts";
import { extend } from "../protocol/scripts/extend.ts";
import type { HeldChunk } from "./held-chunk.ts";

interface LeasesOptions {
  readonly contact: Contact;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** What the worker says of itself. */
  readonly report: () => string;
  /** A chunk is another worker's now. */
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
    // Its lease ran out unnoticed, and the next to get it is this worker again.
    if (before !== undefined) this.#options.fenced(before);
    this.#held.set(chunk.number, chunk);
  }

  remove(chunk: HeldChunk): void {
    if (this.#held.get(chunk.number) === chunk) this.#held.delete(chunk.number);
  }

  /** Speaks now, and then every third of a lease. */
  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Undefined while the lease is known to hold; else resolves when Redis has been asked. Then `chunk.isOver` tells. */
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
    const { contact, clock, leaseMs, signal, report, fenced } = this.#options;
    const sentAt = clock.now();
    const numbers = chunks.map(({ number }) => number);
    const tokens = chunks.map(({ token }) => token);
    const args = [report(), chunks.length, ...numbers, ...tokens];
    const answer = await contact.speak<{ readonly n: string; readonly f?: readonly number[] }>(
      extend,
      args,
      signal,
    );
    const gone = new Set(answer.f);
    for (const chunk of chunks) {
      if (!gone.has(chunk.number)) chunk.validUntil = sentAt + leaseMs;
      // Those settled meanwhile were let go by this worker itself.
      else if (this.#held.get(chunk.number) === chunk && !chunk.isOver) fenced(chunk);
    }
  }
}
