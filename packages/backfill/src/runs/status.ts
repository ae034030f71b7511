import type { WorkerStats } from "../protocol/worker-stats.ts";

/** A worker as it last reported itself. */
export interface WorkerReport extends WorkerStats {
  readonly worker: string;
  /** How long ago, in milliseconds. */
  readonly seenAgoMs: number;
  /** No heartbeat came for a whole lease: other workers take its chunks over, and its speed does not count. */
  readonly isDead: boolean;
}

/** A run at one point in time: one consistent look. */
export interface Status {
  readonly name: string;
  readonly source:
    | { readonly kind: "range"; readonly from: number; readonly to: number }
    | { readonly kind: "ids"; readonly count: number }
    | { readonly kind: "stream"; readonly key: string; readonly group: string }
    | { readonly kind: "list"; readonly key: string };
  /**
   * `loading`: the ids are being stored; `complete`: every id is written or dead; `drained`: the same of a stream or a
   * list, which may get more.
   */
  readonly state: "loading" | "running" | "paused" | "complete" | "drained";
  readonly chunkSize: number;
  readonly chunks: {
    /** Not known for a stream and a list, nor are the other totals. */
    readonly total: number | undefined;
    readonly handedOut: number;
    readonly done: number;
    readonly leased: number;
    /** Waiting for their next attempt. */
    readonly retrying: number;
    /** Held by a process that died, waiting to be worked through one id at a time. */
    readonly suspect: number;
  };
  readonly ids: {
    readonly total: number | undefined;
    /** Written, empty or dead; of a range and ids those of whole chunks. */
    readonly done: number;
    readonly dead: number;
    /** Entries of the stream or the list that no worker has taken yet, where Redis knows it. */
    readonly waiting: number | undefined;
  };
  /** 0 to 1. */
  readonly progress: number | undefined;
  readonly idsPerSecond: number;
  /** Undefined where it is not known: below an id in 100 seconds, beyond ten years, and while breakers hold up all workers. */
  readonly etaMs: number | undefined;
  /** Since the run was created. Chunks: claimed, done, fenced, crashed, handed back. Ids: retried, dead. */
  readonly counts: Readonly<
    Record<"claimed" | "done" | "fenced" | "crashed" | "handedBack" | "retried" | "dead", number>
  >;
  /** How long the longest-held lease has to go, negative when it has expired; undefined when there is none. */
  readonly oldestLeaseLeftMs: number | undefined;
  readonly workers: readonly WorkerReport[];
  /** Wall clock of Redis, in milliseconds. */
  readonly createdAt: number;
  readonly completedAt: number | undefined;
}
