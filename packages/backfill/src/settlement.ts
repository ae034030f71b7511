import type { HeldChunk } from "./held-chunk.ts";

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

/** What a worker tells Redis about a chunk with its next turn. */
export interface Settlement {
  readonly chunk: HeldChunk;
  /** Absent where the chunk is done and there is nothing more to say. */
  readonly told?: Told;
  readonly outcome: "done" | "retry" | "handed-back" | "kept";
  readonly counts: { readonly done: number; readonly retried: number; readonly dead: number };
  /** Called when Redis has heard it: whether the chunk was still this worker's. */
  readonly heard?: (isFenced: boolean) => void;
}
