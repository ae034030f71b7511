import type { Item } from "./item.ts";

/** An id that was given up. It can be tried again (`retry`) or forgotten (`discard`). */
export interface DeadLetter {
  readonly id: string;
  /** The fields of a stream's entry. */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * `attempts`: it failed that often; `permanent`: fetch or write said that trying again is of no use; `crashes`: each process that
   * worked on it died.
   */
  readonly reason: "attempts" | "permanent" | "crashes";
  readonly attempts: number;
  readonly crashes: number;
  /** The last error; not known after crashes. Its message is cut at 500 characters. */
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
  /** Wall clock of Redis, in milliseconds. */
  readonly at: number;
}

/** What stands in the hash: when by Redis' clock, a space, and this as JSON. */
export interface StoredLetter {
  readonly item: Item;
  readonly reason: DeadLetter["reason"];
  readonly attempts: number;
  readonly crashes: number;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
}
