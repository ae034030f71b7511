/** Of a lane of connections, what is shown. A lane that never dialed and that no call waits for is not shown. */
export interface LaneStatsLike {
  /** Since the start. */
  readonly dials: number;
  readonly waiting: number;
  readonly inFlight?: number;
  readonly leased?: number;
  readonly idle?: number;
  readonly max?: number;
}

/** Of each lane of a pool, by its name. */
export type PoolStatsLike = Readonly<Record<string, LaneStatsLike>>;

export interface EndpointStatsLike {
  readonly host: string;
  readonly port: number;
  /** Of a replica that was asked. */
  readonly replication?: { readonly unfit: string | undefined; readonly lagBytes?: number | undefined };
  readonly health: { readonly status: string; readonly latencyMs: number | undefined } | undefined;
  readonly breaker: { readonly name: string } | undefined;
  readonly pool: PoolStatsLike | undefined;
}

/** How a source keeps one kind of object of a server current. */
export interface ResourceStatsLike {
  readonly resource: string;
  readonly state: string;
  readonly objects: number;
  readonly lastSyncAgeMs: number | undefined;
  readonly lists: number;
  readonly restarts: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  readonly decodeErrors: number;
}

/** Of a fleet's `stats`, what is shown. The stats of a fleet fit, and so does anything of this shape. */
export interface FleetStatsLike {
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly endpoints: readonly EndpointStatsLike[];
  }[];
  readonly discovery: {
    readonly sources: readonly {
      readonly name: string;
      readonly state: string;
      readonly instances: number;
      readonly conflicts: readonly string[];
      readonly lastSyncAgeMs: number | undefined;
      readonly profiles: Readonly<Record<string, number>>;
      readonly conditions: readonly { readonly reason: string }[];
      readonly resources: readonly ResourceStatsLike[];
    }[];
  };
}
