import { type Clock, unref } from "../clock.ts";
import type { Held } from "./lease.ts";

export interface LentSettings<T> {
  readonly clock: Clock;
  readonly leaseTimeoutMs: number;
  /** Taken out, as its lease lasted too long. */
  readonly expired: (held: Held<T>) => void;
}

/** Connections under a lease, in the order they were lent, which is the order they become due in: one timer for all. */
export class LentConnections<T> {
  readonly #settings: LentSettings<T>;
  readonly #lent = new Set<Held<T>>();
  #timer: unknown;

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
    if (this.#timer === undefined) this.#arm();
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
    const { oldest } = this;
    if (oldest === undefined) return;
    const { clock, leaseTimeoutMs } = this.#settings;
    this.#timer = unref(clock.setTimeout(() => this.#look(), oldest.leasedAt + leaseTimeoutMs - clock.now()));
  }

  #disarm(): void {
    this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { clock, leaseTimeoutMs, expired } = this.#settings;
    this.#timer = undefined;
    for (const held of this.#lent) {
      if (held.leasedAt + leaseTimeoutMs > clock.now()) break;
      this.#lent.delete(held);
      expired(held);
    }
    if (this.#timer === undefined) this.#arm();
  }
}
