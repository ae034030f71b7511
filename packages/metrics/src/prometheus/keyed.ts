/** A map that makes what it is asked for. */
export class Keyed<K, V> {
  readonly #values = new Map<K, V>();
  readonly #make: (key: K) => V;

  constructor(make: (key: K) => V) {
    this.#make = make;
  }

  of(key: K): V {
    const found = this.#values.get(key);
    if (found !== undefined) return found;
    const made = this.#make(key);
    this.#values.set(key, made);
    return made;
  }

  values(): Iterable<V> {
    return this.#values.values();
  }

  /** Takes out what is not to be kept. */
  prune(keep: (key: K) => boolean, drop: (value: V) => void): void {
    for (const [key, value] of this.#values)
      if (!keep(key)) {
        this.#values.delete(key);
        drop(value);
      }
  }
}
