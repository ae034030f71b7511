import { type Clock, unref } from "@fleet/time";

import type { Held } from "./lease.ts";

const longestTimerMs = 2 ** 31 - 1;

export interface LentSettings<T> {
  readonly clock: Clock;
  /** Gets a connection that was taken out because its lease lasted too long. */
  readonly expired: (held: Held<T>) => void;
}

/** Connections under a lease, in the order they were lent: one timer for all, for the lease that ends first. */
export class LentConnections<T> {
  readonly #settings: LentSettings<T>;
  readonly #lent = new Set<Held<T>>();
  #timer: unknown;
  /** When the timer fires; Infinity while there is none. */
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(settings: LentSettings<T>) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#lent.size;
  }

  get oldest(): Held<T> | undefined {
    return this.#lent.values().next().value;
  }

  add(held: Held<T>): void {
    this.#lent.add(held);
    if (held.leaseEndsAt < this.#dueAt) this.#arm();
  }

  delete(held: Held<T>): void {
    this.#lent.delete(held);
    if (this.#lent.size === 0) this.#disarm();
  }

  clear(): readonly Held<T>[] {
    const all = [...this.#lent];
    this.#lent.clear();
    this.#disarm();
    return all;
  }

  #arm(): void {
    this.#disarm();
    for (const { leaseEndsAt } of this.#lent) this.#dueAt = Math.min(this.#dueAt, leaseEndsAt);
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#settings;
    // No timer can wait longer; it then looks again.
    const ms = Math.min(this.#dueAt - clock.now(), longestTimerMs);
    this.#timer = unref(clock.setTimeout(() => this.#look(), ms));
  }

  #disarm(): void {
    this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    const { clock, expired } = this.#settings;
    const now = clock.now();
    for (const held of this.#lent) {
      if (held.leaseEndsAt > now) continue;
      this.#lent.delete(held);
      expired(held);
    }
    this.#arm();
  }
}
