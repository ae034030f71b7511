/**
 * One copy of each text, for what ten thousand objects repeat: names of namespaces and zones, values of labels. Knows so many and no
 * more; then it begins anew, which costs memory and nothing else.
 */
export class SharedStrings {
  readonly #limit: number;
  readonly #known = new Map<string, string>();

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#limit) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}
