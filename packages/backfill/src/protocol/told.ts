/** How a chunk ended otherwise than whole and well, as the script `turn` reads it. */
export interface Told {
  readonly k: "done" | "later" | "keep";
  /** Chunk and token. */
  readonly c: number;
  readonly t: string;
  /** What is left, as JSON for `rest`; absent: as before. */
  readonly r?: string;
  /** Due in so many milliseconds. */
  readonly d?: number;
  /** Its holders have died too often: it is looked at one id at a time. */
  readonly s?: boolean;
  /** It is handed back. */
  readonly b?: boolean;
  /** Ids to be tried again. */
  readonly n?: number;
  /** Dead letters: field and JSON. */
  readonly l?: readonly (readonly [string, string])[];
  /** Positions of ids that had nothing to write. */
  readonly e?: readonly number[];
}

/** A chunk that a worker is through with, for now or for good. */
export interface Settled {
  readonly chunk: { readonly number: number; readonly token: string };
  /** Absent where the chunk is done and there is nothing more to say. */
  readonly told?: Told;
}
