/**
 * One look at the fleet for all metrics of a scrape. prom-client asks every metric in the same turn of the event loop, so
 * the first one looks, and what it saw is forgotten when that turn is over.
 */
export class Scrape<T> {
  readonly #look: () => T;
  readonly #prepare: (seen: T) => void;
  #seen: { readonly value: T } | undefined;

  /** @param prepare brings up to date what is not read from the fleet itself. */
  constructor(look: () => T, prepare: (seen: T) => void) {
    this.#look = look;
    this.#prepare = prepare;
  }

  look(): T {
    if (this.#seen !== undefined) return this.#seen.value;
    const value = this.#look();
    this.#seen = { value };
    queueMicrotask(() => (this.#seen = undefined));
    this.#prepare(value);
    return value;
  }
}
