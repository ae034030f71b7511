/** How a source keeps one kind of object of a server current, at this moment. */
export interface ResourceStats {
  /** As in `services`, `endpointslices`; a namespace behind it where there are several: `services/shop`. */
  readonly resource: string;
  /** `listing` the first set is on its way, `watching` changes arrive as they happen, `backoff` the last attempt failed. */
  readonly state: "empty" | "listing" | "watching" | "backoff" | "closed";
  readonly objects: number;
  /** Whether a whole set has arrived. */
  readonly hasSynced: boolean;
  /** Milliseconds since the server last proved that the set is current; undefined before that. */
  readonly lastSyncAgeMs: number | undefined;
  /** Whole sets that were read. */
  readonly lists: number;
  /** Ends of watches, by reason. */
  readonly restarts: Readonly<Record<string, number>>;
  /** Events by type. */
  readonly events: Readonly<Record<string, number>>;
  readonly decodeErrors: number;
}
