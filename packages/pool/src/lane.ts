/** What every lane counts. A lane may have more of its own; metrics shows what stands here. */
export interface LaneStats {
  /** Calls that wait for a connection. */
  readonly waiting: number;
  /** Since the start; a lane that was never needed has none. */
  readonly dials: number;
  readonly failedDials: number;
  /** Connections that ended by themselves or gave no answer. */
  readonly losses: number;
  /** Calls whose time was up. */
  readonly timeouts: number;
  /** Calls that were refused because a bound was reached. */
  readonly exhausted: number;
  /** Commands that the server has not answered, where many share a connection. */
  readonly inFlight?: number;
  /** Connections that are lent, that are free, and that there may be, where each has one borrower. */
  readonly leased?: number;
  readonly idle?: number;
  readonly max?: number;
}

/** Connections of one kind in a pool. All that a pool does with its lanes alike goes through this. */
export interface Lane extends AsyncDisposable {
  /** Stands in channels, stats, metrics and CLIENT LIST. */
  readonly name: string;
  /** A fresh copy. */
  readonly stats: LaneStats;
  /** Takes nothing more; what is under way may finish until `graceMs`, then its connections are destroyed. Twice is the same promise. */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}
