/** Every whole number from `from` to `to`, both included. Nothing is stored per id. */
export interface RangeSource {
  readonly kind: "range";
  readonly from: number;
  readonly to: number;
}

/** A list of ids, stored in Redis once, when the run is created. */
export interface IdsSource {
  readonly kind: "ids";
  readonly ids: readonly string[];
}

/**
 * A Redis stream, read through a consumer group: each entry is an item, its id the entry's id. An entry is acknowledged
 * (XACK) when it is written or dead. What consumers of other names have left pending is taken over.
 */
export interface StreamSource {
  readonly kind: "stream";
  readonly key: string;
  /** Created where it does not exist yet. */
  readonly group: string;
  /** Where a new group begins: an entry id, `0` (everything) or `$` (only what comes from now on). @default "0" */
  readonly start?: string;
  /** How long another consumer's entry must lie untouched before it is taken over, in milliseconds. @default 60000 */
  readonly adoptAfterMs?: number;
}

/** A Redis list of jobs: each element is an item, its id the element's text. It leaves the list as a worker takes it. */
export interface ListSource {
  readonly kind: "list";
  readonly key: string;
  /** The end where items are taken. @default "right", as for LPUSH and BRPOP */
  readonly side?: "left" | "right";
}

/** Where the items of a run come from. A range and ids have an end; a stream and a list may always get more. */
export type Source = RangeSource | IdsSource | StreamSource | ListSource;
