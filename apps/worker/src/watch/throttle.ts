/** Lets the first of a kind through, and then one in so many milliseconds. */
export class Throttle {
  readonly #everyMs: number;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { readonly at: number; held: number }>();

  constructor(everyMs: number, now: () => number) {
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** How many there were since the last that was let through, this one included; undefined where it is held back. */
  admit(kind: string): number | undefined {
    const known = this.#kinds.get(kind);
    const at = this.#now();
    if (known !== undefined && at - known.at < this.#everyMs) {
      known.held += 1;
      return undefined;
    }
    this.#kinds.set(kind, { at, held: 0 });
    return 1 + (known?.held ?? 0);
  }

  /** The next of each kind is a first one. */
  reset(): void {
    this.#kinds.clear();
  }
}
