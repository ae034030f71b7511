import { checkGrace, deadlineOf } from "../call-options.ts";
import { type AcquireEvent, publishAcquire, publishConnection } from "../channels.ts";
import { codeOf } from "../code-of.ts";
import { AcquireTimeoutError, ConnectionError, PoolClosedError, PoolExhaustedError } from "../errors.ts";
import { Dials } from "./dials.ts";
import { type ExclusiveLaneOptions, type Factory, settingsOf } from "./exclusive-lane-options.ts";
import type { AcquireOptions, ExclusiveLaneStats } from "./exclusive-lane-stats.ts";
import { IdleConnections } from "./idle-connections.ts";
import { type Held, HeldLease, type Lease, type Lender } from "./lease.ts";
import { LentConnections } from "./lent-connections.ts";
import { Waiters } from "./waiters.ts";

/** Bounded connections, each lent to one caller at a time: idle ones last in first out, callers first come first served. */
export class ExclusiveLane<T> implements AsyncDisposable {
  readonly #settings: Required<ExclusiveLaneOptions<T>>;
  readonly #factory: Factory<T>;
  readonly #waiters: Waiters<Lease<T>>;
  readonly #lender: Lender<T>;
  readonly #idle: IdleConnections<T>;
  readonly #leased: LentConnections<T>;
  readonly #resetting = new Set<Held<T>>();
  /** Of those that are resetting, how many are only asked whether they still work. */
  #testing = 0;
  readonly #dials: Dials<T>;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  readonly #count = {
    hits: 0,
    misses: 0,
    timeouts: 0,
    exhausted: 0,
    expired: 0,
    stale: 0,
    uncleaned: 0,
    losses: 0,
    doubleReleases: 0,
  };

  /** @throws InvalidOptionError */
  constructor(options: ExclusiveLaneOptions<T>) {
    this.#settings = settingsOf(options);
    this.#factory = this.#settings.factory;
    this.#waiters = new Waiters(this.#settings.clock);
    this.#idle = new IdleConnections({
      ...this.#settings,
      idleTestIntervalMs: this.#factory.test === undefined ? Infinity : this.#settings.idleTestIntervalMs,
      over: (held) => this.#retire(held),
      untested: (held) => void this.#test(held),
    });
    this.#leased = new LentConnections({ ...this.#settings, expired: (held) => this.#expire(held) });
    this.#dials = new Dials({
      ...this.#settings,
      dialed: (connection) => this.#dialed(connection),
      failed: (error) => this.#dialFailed(error),
      rested: () => this.#dialMore(),
    });
    this.#lender = {
      released: (held) => this.#takeBack(held),
      destroyed: (held) => {
        this.#leased.delete(held);
        this.#discard(held);
      },
      releasedTwice: () => {
        this.#count.doubleReleases += 1;
      },
    };
  }

  get stats(): ExclusiveLaneStats {
    return {
      total: this.#total,
      idle: this.#idle.size,
      leased: this.#leased.size,
      resetting: this.#resetting.size,
      dialing: this.#dials.size,
      waiters: this.#waiters.size,
      max: this.#settings.max,
      ...this.#count,
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
    for (let held = this.#idle.pop(); held !== undefined; held = this.#idle.pop()) {
      if (now >= held.expiresAt) {
        this.#retire(held);
      } else if (this.#isProved(held, now)) {
        this.#count.hits += 1;
        publishAcquire(name, 0, "hit");
        return this.#lend(held, origin, deadline);
      } else {
        void this.#test(held);
        break;
      }
    }
    // Those for whom a connection is tested, is dialed or can be dialed wait for no other caller.
    const dialable = max - this.#leased.size - this.#resetting.size + this.#testing;
    if (this.#waiters.size - dialable >= maxWaiters) throw this.#refuse("exhausted", this.#exhausted());
    this.#count.misses += 1;
    const lease = this.#waiters.add({
      signal,
      timeoutMs,
      origin,
      deadline,
      timedOut: (waitedMs) => this.#timedOut(waitedMs),
      left: (why, waitedMs) => publishAcquire(name, waitedMs, why),
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
   * Lends nothing more, refuses who waits, closes what is idle; leases may finish until `graceMs`, then their
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
    return this.#idle.size + this.#leased.size + this.#resetting.size + this.#dials.size;
  }

  #refuse(outcome: AcquireEvent["outcome"], error: Error): Error {
    if (outcome === "exhausted") this.#count.exhausted += 1;
    publishAcquire(this.#settings.name, 0, outcome);
    return error;
  }

  #timedOut(waitedMs: number): AcquireTimeoutError {
    this.#count.timeouts += 1;
    return new AcquireTimeoutError(this.#settings.name, waitedMs, this.#facts(), this.#dials.lastError);
  }

  #exhausted(): PoolExhaustedError {
    const { name, maxWaiters } = this.#settings;
    const { oldest } = this.#leased;
    return new PoolExhaustedError(name, `maxWaiters ${maxWaiters}`, this.#facts(), oldest?.origin?.stack);
  }

  #facts(): Readonly<Record<string, number>> {
    const { idle, leased, resetting, dialing, waiters, max } = this.stats;
    const { oldest } = this.#leased;
    const oldestLeaseMs = oldest === undefined ? 0 : this.#settings.clock.now() - oldest.leasedAt;
    return { max, free: idle, leased, resetting, dialing, waiters, oldestLeaseMs };
  }

  #isProved(held: Held<T>, now: number): boolean {
    return this.#factory.test === undefined || now - held.provedAt < this.#settings.testAfterIdleMs;
  }

  #lend(held: Held<T>, origin: Error, deadline: number | undefined): Lease<T> {
    const { connection } = held;
    held.state = "leased";
    held.leasedAt = this.#settings.clock.now();
    held.origin = origin;
    this.#leased.add(held);
    const loan = this.#factory.lend?.(connection, { deadline }) ?? { connection, end: () => undefined };
    return new HeldLease(this.#settings.name, held, loan, this.#lender);
  }

  /** Its owner may notice late, or never; those who wait get another connection now. */
  #expire(held: Held<T>): void {
    const { name, leaseTimeoutMs } = this.#settings;
    this.#count.expired += 1;
    this.#discard(
      held,
      new ConnectionError(name, "lost", `the lease was held for more than ${leaseTimeoutMs} ms`, "unknown"),
    );
    held.lost = true;
  }

  /** To who has waited the longest, else it rests. */
  #offer(held: Held<T>): void {
    const { clock, name } = this.#settings;
    const now = clock.now();
    if (now >= held.expiresAt) {
      this.#retire(held);
      this.#dialMore();
      return;
    }
    const waiter = this.#waiters.first();
    if (waiter !== undefined) {
      publishAcquire(name, now - waiter.startedAt, "miss");
      waiter.resolve(this.#lend(held, waiter.origin, waiter.deadline));
      return;
    }
    held.state = "idle";
    this.#idle.push(held);
  }

  async #takeBack(held: Held<T>): Promise<void> {
    this.#leased.delete(held);
    if (held.lost || this.#closed !== undefined || this.#settings.clock.now() >= held.expiresAt) {
      if (!held.lost) this.#count.stale += this.#closed === undefined ? 1 : 0;
      this.#discard(held);
      return;
    }
    held.state = "resetting";
    held.origin = undefined;
    this.#resetting.add(held);
    const clean = await this.#inTime((signal) => this.#factory.reset(held.connection, { signal }));
    this.#resetting.delete(held);
    if (clean && !held.lost && this.#closed === undefined) {
      held.idleSince = held.provedAt = this.#settings.clock.now();
      this.#offer(held);
    } else {
      if (!held.lost && !clean) this.#count.uncleaned += 1;
      this.#discard(held);
    }
  }

  /** Asks one that was idle whether it still works: then it goes to the caller that has waited the longest, if any. */
  async #test(held: Held<T>): Promise<void> {
    held.state = "resetting";
    this.#resetting.add(held);
    this.#testing += 1;
    const works = await this.#inTime((signal) => this.#factory.test!(held.connection, { signal }));
    this.#testing -= 1;
    this.#resetting.delete(held);
    if (works && !held.lost && this.#closed === undefined) {
      held.provedAt = this.#settings.clock.now();
      this.#offer(held);
    } else {
      if (!held.lost && this.#closed === undefined) this.#count.losses += 1;
      this.#discard(held);
    }
  }

  async #inTime(ask: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const { clock, resetTimeoutMs } = this.#settings;
    const abort = new AbortController();
    const late = Promise.withResolvers<boolean>();
    const timer = clock.setTimeout(() => {
      late.resolve(false);
      abort.abort();
    }, resetTimeoutMs);
    try {
      return await Promise.race([ask(abort.signal), late.promise]);
    } catch {
      return false;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #retire(held: Held<T>): void {
    this.#count.stale += 1;
    this.#discard(held);
  }

  /** Closes one that stands in no list any more. */
  #discard(held: Held<T>, why?: Error): void {
    if (held.state === "gone") return;
    held.state = "gone";
    this.#factory.destroy(held.connection, why);
    if (!held.lost) publishConnection({ name: this.#settings.name, lane: "exclusive", event: "closed" });
    if (this.#leased.size + this.#resetting.size === 0) this.#drained?.();
    this.#dialMore();
  }

  #died(held: Held<T>, cause: Error | undefined): void {
    if (held.lost || held.state === "gone") return;
    held.lost = true;
    this.#count.losses += 1;
    publishConnection({ name: this.#settings.name, lane: "exclusive", event: "closed", ...codeOf(cause) });
    if (held.state !== "idle") return;
    this.#idle.remove(held);
    this.#discard(held);
  }

  /** Only for callers that wait: a connection without one would be one more to keep. */
  #dialMore(): void {
    const { max, maxConcurrentDials } = this.#settings;
    if (this.#closed !== undefined || this.#dials.resting) return;
    const wanted = Math.min(maxConcurrentDials, this.#waiters.size - this.#testing);
    while (this.#dials.size < wanted && this.#total < max) this.#dials.start();
  }

  #dialed(connection: T): void {
    const { name, clock, maxAgeMs, random } = this.#settings;
    const now = clock.now();
    const held: Held<T> = {
      connection,
      expiresAt: now + maxAgeMs * (1 - random() / 10),
      state: "resetting",
      lost: false,
      idleSince: now,
      provedAt: now,
      leasedAt: now,
      origin: undefined,
    };
    publishConnection({ name, lane: "exclusive", event: "open" });
    this.#factory.watch(connection, (cause) => this.#died(held, cause));
    if (held.lost) this.#discard(held);
    else this.#offer(held);
    this.#dialMore();
  }

  #dialFailed(error: unknown): void {
    const { name, clock } = this.#settings;
    publishConnection({ name, lane: "exclusive", event: "failed", ...codeOf(error) });
    // One caller hears the reason; the others go on waiting for the next dial, or for a release.
    const waiter = this.#waiters.first();
    if (waiter === undefined) return;
    publishAcquire(name, clock.now() - waiter.startedAt, "failed");
    waiter.reject(error);
  }

  async #close(graceMs: number): Promise<void> {
    const { clock, name } = this.#settings;
    this.#waiters.rejectAll(() => this.#refuse("closed", new PoolClosedError(name)));
    this.#dials.close(new PoolClosedError(name));
    for (const held of this.#idle.clear()) this.#discard(held);
    if (this.#leased.size + this.#resetting.size > 0) {
      const over = Promise.withResolvers<void>();
      this.#drained = over.resolve;
      const timer = clock.setTimeout(over.resolve, graceMs);
      await over.promise;
      clock.clearTimeout(timer);
    }
    const late = [...this.#leased.clear(), ...this.#resetting];
    this.#resetting.clear();
    for (const held of late) {
      this.#discard(held);
      held.lost = true;
    }
  }
}
