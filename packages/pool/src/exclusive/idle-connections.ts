import { type Clock, unref } from "@fleet/time";

import type { Held } from "./lease.ts";

export interface IdleSettings<T> {
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  /** Infinity: never. */
  readonly idleTestIntervalMs: number;
  /** Gets a connection that was taken out because it is too old or was idle for too long. */
  readonly over: (held: Held<T>) => void;
  /** Gets a connection that was taken out because it has to be tested again. */
  readonly untested: (held: Held<T>) => void;
}

/** Connections that wait for a borrower. One timer for all, set for the first that becomes due. */
export class IdleConnections<T> {
  readonly #settings: IdleSettings<T>;
  /** In the order of their return, the latest at the end: the surplus at the beginning grows old and is closed. */
  readonly #stack: Held<T>[] = [];
  #timer: unknown;
  #nextDue = Infinity;

  constructor(settings: IdleSettings<T>) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#stack.length;
  }

  /** Adds a connection in the order of returns: one that was only tested does not become the next to be lent. */
  push(held: Held<T>): void {
    const place = this.#stack.findLastIndex(({ idleSince }) => idleSince <= held.idleSince) + 1;
    this.#stack.splice(place, 0, held);
    this.#lookAgainFor(held);
  }

  pop(): Held<T> | undefined {
    return this.#stack.pop();
  }

  /** Takes a connection out; false where it is not idle. */
  remove(held: Held<T>): boolean {
    const place = this.#stack.indexOf(held);
    if (place === -1) return false;
    this.#stack.splice(place, 1);
    return true;
  }

  clear(): readonly Held<T>[] {
    this.#settings.clock.clearTimeout(this.#timer);
    return this.#stack.splice(0);
  }

  #look(): void {
    const { clock, over, untested } = this.#settings;
    const now = clock.now();
    this.#nextDue = Infinity;
    for (const held of this.#stack.filter((held) => this.#dueAt(held) <= now)) {
      this.remove(held);
      if (this.#overAt(held) <= now) over(held);
      else untested(held);
    }
    for (const held of this.#stack) this.#lookAgainFor(held);
  }

  #lookAgainFor(held: Held<T>): void {
    const { clock } = this.#settings;
    const dueAt = this.#dueAt(held);
    if (dueAt >= this.#nextDue) return;
    this.#nextDue = dueAt;
    clock.clearTimeout(this.#timer);
    this.#timer = unref(clock.setTimeout(() => this.#look(), Math.max(1, dueAt - clock.now())));
  }

  #dueAt(held: Held<T>): number {
    return Math.min(this.#overAt(held), held.provedAt + this.#settings.idleTestIntervalMs);
  }

  #overAt({ expiresAt, idleSince }: Held<T>): number {
    return Math.min(expiresAt, idleSince + this.#settings.idleTimeoutMs);
  }
}
