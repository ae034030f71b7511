/** What a server is in its replication. `unknown`: no server and no source has said yet. */
export type Role = "primary" | "replica" | "unknown";

/** The link of a replica to the server that it follows: it receives each write, it receives a whole copy first, or it receives nothing. */
export type Link = "connected" | "syncing" | "down";

/**
 * Why an endpoint is not read from: its link to the primary is down, it is further behind the primary than `maxLagBytes`, it is receiving a
 * whole copy, it has no data of this primary, it follows another one, or it says that it is a primary itself, where another endpoint is
 * the primary of the instance.
 */
export type Unfit = "link-down" | "lagging" | "syncing" | "never-synced" | "other-primary" | "own-primary";

/** Which server an endpoint beside the primary follows, as the endpoint said last. */
export interface Replication {
  /** `host:port`, as the replica knows it; the endpoint's own address where it says that it is a primary itself. */
  readonly primary: string;
  /** Undefined when the server does not say. */
  readonly link: Link | undefined;
  /** How far the replica has read, in bytes; -1 while it is linked to no primary. Undefined when the server does not say. */
  readonly offset: number | undefined;
  /**
   * How far the endpoint was behind the primary when it answered, in bytes, by what the primary had said until then: never more than it
   * was, and less by what was written since the primary answered. Undefined where one of them does not say.
   */
  readonly lagBytes: number | undefined;
  /** Why the endpoint is not read from; undefined while it is. */
  readonly unfit: Unfit | undefined;
}

/**
 * Whether an endpoint may be read from. `follows`: yes. `last-resort`: only when no other endpoint of the instance is eligible, since
 * its data is old, or since it has not been asked yet. `strange`: never, its data is not that of the primary.
 */
export type Standing = "follows" | "last-resort" | "strange";
