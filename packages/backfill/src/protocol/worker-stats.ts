/** How much of a limit is in use. */
export interface Usage {
  readonly used: number;
  readonly limit: number;
}

/** A worker at a point in time; counts are since its start. */
export interface WorkerStats {
  /** `alone`: it works on one id at a time, to find the one that kills processes. */
  readonly state: "idle" | "running" | "paused" | "alone" | "waiting" | "draining" | "closed";
  /** Chunks it holds leases for. */
  readonly held: number;
  /** Ids that are claimed and not being written yet, fetched or not. */
  readonly buffer: Usage;
  readonly hub: Usage;
  readonly database: Usage;
  /** Whether the breakers admit calls; true where there is none. */
  readonly gates: { readonly hub: boolean; readonly database: boolean };
  /** 0 to 1, the greatest of what `pressure` says and the fill of the buffer; and the share of a full claim it leaves. */
  readonly pressure: number;
  readonly share: number;
  /** Chunks. */
  readonly claimed: number;
  /** Chunks whose lease was lost to another worker: what was done for them does not count. */
  readonly fenced: number;
  /** Chunks handed back unfinished. */
  readonly handedBack: number;
  /** Ids: written or empty; failed and to be tried again; given up. */
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  /** Times the hub asked to be left alone. */
  readonly limited: number;
  /** Ids done per second, a moving average over about ten seconds. */
  readonly idsPerSecond: number;
}
