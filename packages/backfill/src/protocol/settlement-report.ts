/** How a chunk ended otherwise than whole and well, as `turn/settle.lua` reads it. */
export interface SettlementReport {
  readonly chunk: number;
  readonly token: string;
  /** `keep`: the chunk is still held, and this is how far its holder is. */
  readonly outcome: "done" | "later" | "keep";
  /** What is left of the chunk, a `Remainder` as JSON; absent: as before. */
  readonly remainder?: string;
  /** Of `later`: milliseconds until it is due again. */
  readonly delayMs?: number;
  /** Its holders have died too often: it is worked through one id at a time. */
  readonly isSuspect?: boolean;
  readonly isHandedBack?: boolean;
  /** Ids that are to be tried again. */
  readonly retried?: number;
  /** Dead letters: where each stands, and a `StoredLetter` as JSON. */
  readonly letters?: readonly { readonly field: string; readonly letter: string }[];
  /** Positions of ids that had nothing to write. */
  readonly empty?: readonly number[];
}

/** A chunk that a worker is through with, for now or for good. */
export interface Settled {
  readonly chunk: { readonly number: number; readonly token: string };
  /** Absent where the chunk is done and there is nothing to note about its ids. */
  readonly report?: SettlementReport;
}
