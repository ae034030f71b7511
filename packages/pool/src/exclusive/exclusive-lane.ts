import { checkGrace, deadlineOf } from "../call-options.ts";
import { type AcquireEvent, publishAcquire, publishConnection } from "../channels.ts";
import { codeOf } from "../code-of.ts";
import { AcquireTimeoutError, PoolClosedError, PoolExhaustedError } from "../errors.ts";
import type { Lane } from "../lane.ts";
import { Dials } from "./dials.ts";
import { type ExclusiveLaneOptions, settingsOf } from "./exclusive-lane-options.ts";
import type { AcquireOptions, ExclusiveLaneStats } from "./exclusive-lane-stats.ts";
import { HeldSet } from "./held-set.ts";
import type { Held, Lease } from "./lease.ts";
import { Waiters } from "./waiters.ts";

/** Bounded connections, each lent to one caller at a time: idle ones last in first out, callers first come first served. */
export class ExclusiveLane<T> implements Lane {
  readonly name: string;
  readonly #settings: Required<ExclusiveLaneOptions<T>>;
  readonly #waiters: Waiters<Lease<T>>;
  readonly #held: HeldSet<T>;
  readonly #dials: Dials<T>;
  #closed: Promise<void> | undefined;
  readonly #count = { hits: 0, misses: 0, timeouts: 0, exhausted: 0 };

  /** @throws InvalidOptionError */
  constructor(options: ExclusiveLaneOptions<T>) {
    this.#settings = settingsOf(options);
    this.name = this.#settings.lane;
    this.#waiters = new Waiters(this.#settings.clock);
    this.#held = new HeldSet({
      ...this.#settings,
      offered: (held, now) => this.#serve(held, now),
      gone: () => this.#dialMore(),
    });
    this.#dials = new Dials({
      ...this.#settings,
      dialed: (connection) => {
        this.#held.add(connection);
        this.#dialMore();
      },
      failed: (error) => this.#dialFailed(error),
      rested: () => this.#dialMore(),
    });
  }

  get stats(): ExclusiveLaneStats {
    return {
      total: this.#total,
      idle: this.#held.idle,
      leased: this.#held.leased,
      resetting: this.#held.resetting,
      dialing: this.#dials.size,
      waiting: this.#waiters.size,
      max: this.#settings.max,
      ...this.#count,
      ...this.#held.count,
      dials: this.#dials.started,
      failedDials: this.#dials.failed,
    };
  }

  /**
   * Lends a connection, waiting for one if need be.
   *
   * @throws AcquireTimeoutError, PoolExhaustedError, PoolClosedError, the error of the dial made for this caller, or the
   * signal's reason.
   */
  async acquire(options: AcquireOptions = {}): Promise<Lease<T>> {
    const { signal, deadline } = options;
    signal?.throwIfAborted();
    const { name, clock, acquireTimeoutMs, max, maxWaiters } = this.#settings;
    if (this.#closed !== undefined) throw this.#refuse("closed", new PoolClosedError(name));
    const now = clock.now();
    const origin = new Error("acquired here");
    const timeoutMs = deadlineOf(options, now, acquireTimeoutMs) - now;
    if (timeoutMs <= 0) throw this.#refuse("timeout", this.#timedOut(0));
    const held = this.#held.take(now);
    if (held !== undefined) {
      this.#count.hits += 1;
      publishAcquire(this.#settings, 0, "hit");
      return this.#held.lend(held, origin, deadline);
    }
    // Callers for which a connection is tested, is dialed or can be dialed wait for no other caller.
    const dialable = max - this.#held.leased - this.#held.resetting + this.#held.testing;
    if (this.#waiters.size - dialable >= maxWaiters) throw this.#refuse("exhausted", this.#exhausted());
    this.#count.misses += 1;
    const lease = this.#waiters.add({
      signal,
      timeoutMs,
      origin,
      deadline,
      timedOut: (waitedMs) => this.#timedOut(waitedMs),
      left: (why, waitedMs) => publishAcquire(this.#settings, waitedMs, why),
    });
    this.#dialMore();
    return lease;
  }

  /** Lends a connection for the time of `work`. */
  async use<R>(work: (connection: T) => Promise<R>, options?: AcquireOptions): Promise<R> {
    await using lease = await this.acquire(options);
    return await work(lease.connection);
  }

  /**
   * Lends nothing more, refuses the callers that wait, closes what is idle; leases may finish until `graceMs`, then their
   * connections are destroyed. Twice is the same promise.
   *
   * @param options `graceMs` defaults to 5000.
   */
  close({ graceMs = 5000 }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    checkGrace(graceMs);
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #total(): number {
    return this.#held.size + this.#dials.size;
  }

  #refuse(outcome: AcquireEvent["outcome"], error: Error): Error {
    if (outcome === "exhausted") this.#count.exhausted += 1;
    publishAcquire(this.#settings, 0, outcome);
    return error;
  }

  #timedOut(waitedMs: number): AcquireTimeoutError {
    this.#count.timeouts += 1;
    return new AcquireTimeoutError(this.#settings.name, waitedMs, this.#facts(), this.#dials.lastError);
  }

  #exhausted(): PoolExhaustedError {
    const { name, maxWaiters } = this.#settings;
    const { oldest } = this.#held;
    return new PoolExhaustedError(name, `maxWaiters ${maxWaiters}`, this.#facts(), oldest?.origin?.stack);
  }

  #facts(): Readonly<Record<string, number>> {
    const { idle, leased, resetting, dialing, waiting, max } = this.stats;
    const { oldest } = this.#held;
    const oldestLeaseMs = oldest === undefined ? 0 : this.#settings.clock.now() - oldest.leasedAt;
    return { max, free: idle, leased, resetting, dialing, waiting, oldestLeaseMs };
  }

  /** Lends the connection to the caller that has waited the longest; false where no caller waits. */
  #serve(held: Held<T>, now: number): boolean {
    const waiter = this.#waiters.first();
    if (waiter === undefined) return false;
    publishAcquire(this.#settings, now - waiter.startedAt, "miss");
    waiter.resolve(this.#held.lend(held, waiter.origin, waiter.deadline));
    return true;
  }

  /** Only for callers that wait: a connection without one would be one more to keep. */
  #dialMore(): void {
    const { max, maxConcurrentDials } = this.#settings;
    if (this.#closed !== undefined || this.#dials.resting) return;
    const wanted = Math.min(maxConcurrentDials, this.#waiters.size - this.#held.testing);
    while (this.#dials.size < wanted && this.#total < max) this.#dials.start();
  }

  #dialFailed(error: unknown): void {
    const { name, lane, clock } = this.#settings;
    publishConnection({ name, lane, event: "failed", ...codeOf(error) });
    // One caller gets the reason; the others go on waiting for the next dial, or for a release.
    const waiter = this.#waiters.first();
    if (waiter === undefined) return;
    publishAcquire(this.#settings, clock.now() - waiter.startedAt, "failed");
    waiter.reject(error);
  }

  #close(graceMs: number): Promise<void> {
    const { name } = this.#settings;
    this.#waiters.rejectAll(() => this.#refuse("closed", new PoolClosedError(name)));
    this.#dials.close(new PoolClosedError(name));
    return this.#held.close(graceMs);
  }
}
