import type { Clock } from "@fleet/time";

import { publishConnection } from "../channels.ts";
import { codeOf } from "../code-of.ts";
import { ConnectionError } from "../errors.ts";
import { FairTimer } from "../fair-timer.ts";
import type { Factory } from "./exclusive-lane-options.ts";
import { IdleConnections } from "./idle-connections.ts";
import { type Held, HeldLease, type Lease, type Lender } from "./lease.ts";
import { LentConnections } from "./lent-connections.ts";

export interface HeldSetSettings<T> {
  readonly name: string;
  readonly lane: string;
  readonly factory: Factory<T>;
  readonly resetTimeoutMs: number;
  readonly leaseTimeoutMs: number;
  readonly testAfterIdleMs: number;
  readonly idleTestIntervalMs: number;
  readonly idleTimeoutMs: number;
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** A connection is free. Answers true when a caller that waits took it; else it becomes idle. */
  readonly offered: (held: Held<T>, now: number) => boolean;
  /** A connection is gone: there is room for another. */
  readonly gone: () => void;
}

/**
 * The connections of a lane, each in one place from its dial to its end:
 *
 *     dialed -> offered -> leased -> cleaned -> offered
 *               offered -> idle ---> leased
 *                          idle ---> tested --> offered
 *     and from each place -> gone: too old, held or idle for too long, not clean, no answer, dead, closed
 *
 * What is cleaned or tested counts as `resetting`.
 */
export class HeldSet<T> implements Lender<T> {
  readonly count = { expired: 0, stale: 0, uncleaned: 0, losses: 0, doubleReleases: 0 };
  readonly #settings: HeldSetSettings<T>;
  readonly #factory: Factory<T>;
  readonly #idle: IdleConnections<T>;
  readonly #leased: LentConnections<T>;
  readonly #resetting = new Set<Held<T>>();
  #testing = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(settings: HeldSetSettings<T>) {
    this.#settings = settings;
    this.#factory = settings.factory;
    this.#idle = new IdleConnections({
      ...settings,
      idleTestIntervalMs: this.#factory.test === undefined ? Infinity : settings.idleTestIntervalMs,
      over: (held) => this.#retire(held),
      untested: (held) => void this.#test(held),
    });
    this.#leased = new LentConnections({ ...settings, expired: (held) => this.#expire(held) });
  }

  get size(): number {
    return this.#idle.size + this.#leased.size + this.#resetting.size;
  }

  get idle(): number {
    return this.#idle.size;
  }

  get leased(): number {
    return this.#leased.size;
  }

  get resetting(): number {
    return this.#resetting.size;
  }

  /** Of those that are resetting, how many are only asked whether they still work. */
  get testing(): number {
    return this.#testing;
  }

  /** The connection that is leased the longest. */
  get oldest(): Held<T> | undefined {
    return this.#leased.oldest;
  }

  /** A new one. */
  add(connection: T): void {
    const { name, lane, clock, maxAgeMs, random } = this.#settings;
    const now = clock.now();
    const held: Held<T> = {
      connection,
      expiresAt: now + maxAgeMs * (1 - random() / 10),
      isGone: false,
      lost: false,
      idleSince: now,
      provedAt: now,
      leasedAt: now,
      leaseEndsAt: now,
      origin: undefined,
    };
    publishConnection({ name, lane, event: "open" });
    this.#factory.watch(connection, (cause) => this.#died(held, cause));
    if (held.lost) this.#discard(held);
    else this.#offer(held);
  }

  /** Takes out the idle connection that was given back last, to be lent; none where that one has to be tested first. */
  take(now: number): Held<T> | undefined {
    for (let held = this.#idle.pop(); held !== undefined; held = this.#idle.pop()) {
      if (now >= held.expiresAt) {
        this.#retire(held);
      } else if (this.#isProved(held, now)) {
        return held;
      } else {
        void this.#test(held);
        return undefined;
      }
    }
    return undefined;
  }

  /** Lends a connection that was taken or offered. */
  lend(held: Held<T>, origin: Error, deadline: number | undefined): Lease<T> {
    const { connection } = held;
    const { clock, leaseTimeoutMs } = this.#settings;
    held.leasedAt = clock.now();
    // A caller that brings a later deadline gives its work longer, and the lease too.
    held.leaseEndsAt = Math.max(held.leasedAt + leaseTimeoutMs, deadline ?? 0);
    held.origin = origin;
    this.#leased.add(held);
    const loan = this.#factory.lend?.(connection, { deadline }) ?? { connection, end: () => undefined };
    return new HeldLease(this.#settings.name, held, loan, this);
  }

  async released(held: Held<T>): Promise<void> {
    this.#leased.delete(held);
    if (held.lost || this.#closed || this.#settings.clock.now() >= held.expiresAt) {
      if (!held.lost) this.count.stale += this.#closed ? 0 : 1;
      this.#discard(held);
      return;
    }
    held.origin = undefined;
    this.#resetting.add(held);
    const clean = await this.#inTime((signal) => this.#factory.reset(held.connection, { signal }));
    this.#resetting.delete(held);
    if (clean && !held.lost && !this.#closed) {
      held.idleSince = held.provedAt = this.#settings.clock.now();
      this.#offer(held);
    } else {
      if (!held.lost && !clean) this.count.uncleaned += 1;
      this.#discard(held);
    }
  }

  destroyed(held: Held<T>): void {
    this.#leased.delete(held);
    this.#discard(held);
  }

  releasedTwice(): void {
    this.count.doubleReleases += 1;
  }

  /** Closes idle connections; leases may finish until `graceMs`, then their connections are destroyed. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#settings;
    this.#closed = true;
    for (const held of this.#idle.clear()) this.#discard(held);
    if (this.#leased.size + this.#resetting.size > 0) {
      const over = Promise.withResolvers<void>();
      this.#drained = over.resolve;
      const timer = new FairTimer(clock, graceMs, over.resolve);
      await over.promise;
      timer.stop();
    }
    const late = [...this.#leased.clear(), ...this.#resetting];
    this.#resetting.clear();
    for (const held of late) {
      this.#discard(held);
      held.lost = true;
    }
  }

  #isProved(held: Held<T>, now: number): boolean {
    return this.#factory.test === undefined || now - held.provedAt < this.#settings.testAfterIdleMs;
  }

  #offer(held: Held<T>): void {
    const now = this.#settings.clock.now();
    if (now >= held.expiresAt) this.#retire(held);
    else if (!this.#settings.offered(held, now)) this.#idle.push(held);
  }

  /** Tests whether an idle connection still works. */
  async #test(held: Held<T>): Promise<void> {
    this.#resetting.add(held);
    this.#testing += 1;
    const works = await this.#inTime((signal) => this.#factory.test!(held.connection, { signal }));
    this.#testing -= 1;
    this.#resetting.delete(held);
    if (works && !held.lost && !this.#closed) {
      held.provedAt = this.#settings.clock.now();
      this.#offer(held);
    } else {
      if (!held.lost && !this.#closed) this.count.losses += 1;
      this.#discard(held);
    }
  }

  async #inTime(ask: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const { clock, resetTimeoutMs } = this.#settings;
    const abort = new AbortController();
    const late = Promise.withResolvers<boolean>();
    const timer = new FairTimer(clock, resetTimeoutMs, () => {
      late.resolve(false);
      abort.abort();
    });
    try {
      return await Promise.race([ask(abort.signal), late.promise]);
    } catch {
      return false;
    } finally {
      timer.stop();
    }
  }

  /** Its owner may notice late, or never; callers that wait get another connection now. */
  #expire(held: Held<T>): void {
    const { name, leaseTimeoutMs } = this.#settings;
    this.count.expired += 1;
    this.#discard(
      held,
      new ConnectionError(name, "lost", `the lease was held for more than ${leaseTimeoutMs} ms`, "unknown"),
    );
    held.lost = true;
  }

  #retire(held: Held<T>): void {
    this.count.stale += 1;
    this.#discard(held);
  }

  #died(held: Held<T>, cause: Error | undefined): void {
    if (held.lost || held.isGone) return;
    held.lost = true;
    this.count.losses += 1;
    const { name, lane } = this.#settings;
    publishConnection({ name, lane, event: "closed", ...codeOf(cause) });
    // In any other place, the one that takes it out of there discards it.
    if (this.#idle.remove(held)) this.#discard(held);
  }

  /** Closes a connection that was taken out of its place. */
  #discard(held: Held<T>, why?: Error): void {
    if (held.isGone) return;
    held.isGone = true;
    this.#factory.destroy(held.connection, why);
    const { name, lane } = this.#settings;
    if (!held.lost) publishConnection({ name, lane, event: "closed" });
    if (this.#leased.size + this.#resetting.size === 0) this.#drained?.();
    this.#settings.gone();
  }
}
