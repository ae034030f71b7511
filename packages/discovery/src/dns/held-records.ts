/**
 * The records of a name, as they are believed. Servers that restart, or have not read their zones yet, deny names that are there:
 * a denial is believed once it has been repeated, without a word to the contrary, for `goneAfterMs`.
 */
export class HeldRecords<T> {
  readonly #goneAfterMs: number;
  #records: readonly T[] | undefined;
  #deniedSinceMs: number | undefined;

  constructor(goneAfterMs: number) {
    this.#goneAfterMs = goneAfterMs;
  }

  /** Undefined until there is something to believe. */
  get records(): readonly T[] | undefined {
    return this.#records;
  }

  /** `denied`: the last answer was a denial that is not believed yet. `gone`: it is. */
  get state(): "here" | "denied" | "gone" {
    if (this.#deniedSinceMs === undefined) return "here";
    return this.#records?.length === 0 ? "gone" : "denied";
  }

  /** No records is a denial. */
  answered(records: readonly T[], nowMs: number): void {
    if (records.length > 0) {
      this.#records = records;
      this.#deniedSinceMs = undefined;
      return;
    }
    this.#deniedSinceMs ??= nowMs;
    if (nowMs - this.#deniedSinceMs >= this.#goneAfterMs) this.#records = [];
  }

  /** A question without an answer: what was denied before must be repeated from the beginning. */
  failed(): void {
    if (this.state === "denied") this.#deniedSinceMs = undefined;
  }
}
