import type { Answer } from "./answer.ts";

/** How requests ended, counted without cost: labels are put together when a scraper asks. */
export class Tally {
  /** Answered with 200. */
  ok = 0;
  /** Cut in the middle of their answer: their clients read no further. */
  cut = 0;
  readonly #refused = new Map<string, { readonly status: number; readonly code: string; count: number }>();

  /** Answered with an error. Codes are a fixed set, so are the series. */
  refused({ status, code = "" }: Answer): void {
    const key = `${status} ${code}`;
    const known = this.#refused.get(key);
    if (known === undefined) this.#refused.set(key, { status, code, count: 1 });
    else known.count += 1;
  }

  /** `code` is empty where it is Redis that answered. */
  get rows(): readonly { readonly status: number; readonly code: string; readonly count: number }[] {
    return [{ status: 200, code: "", count: this.ok }, ...this.#refused.values()];
  }
}
