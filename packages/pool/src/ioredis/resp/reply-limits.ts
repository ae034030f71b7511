export type Limit = "bytes" | "elements" | "depth";

/** What a caller takes of a reply. */
export interface ReplyLimits {
  /** Of the reply as it comes, lengths and line ends included. */
  readonly maxReplyBytes: number;
  /** Values of the reply, those inside of arrays included. */
  readonly maxReplyElements: number;
  /** Arrays inside of arrays. */
  readonly maxReplyDepth: number;
  /** What the replies of one batch may have together, less what has come. */
  readonly budget: { leftBytes: number } | undefined;
}

/** A command whose reply is due. */
export interface Due {
  readonly limits: ReplyLimits;
  /** No caller waits any more. */
  readonly settled: boolean;
}

/** Of a reply, in bytes. */
export interface Progress {
  readonly came: number;
  /** What must still come, at least. */
  readonly missing: number;
  readonly kept: number;
}

export interface ReplyReaderSettings<D extends Due> {
  /** Of a reply that is over a limit: how much more than it may come before the reader gives up. */
  readonly maxSkippedBytes: number;
  /** The command that the next reply answers. */
  readonly due: () => D | undefined;
  /** The whole reply, from `start` to `end` of these bytes; without them where they were not kept. */
  readonly took: (due: D, bytes: Buffer | undefined, start: number, end: number) => void;
  /** The reply is over this limit. It is read on, and not kept. */
  readonly exceeded: (due: D, limit: Limit) => void;
  /** The reply will not be read to its end. */
  readonly endless: () => void;
}
