/** How a replica stands with the server it follows: it receives every write, it receives a whole copy first, it receives nothing. */
export type Link = "connected" | "syncing" | "down";

/**
 * Why an endpoint is not read from: its link to the primary is down, it is receiving a whole copy, it has no data of this primary, it
 * follows another one, or it says that it is a primary itself, where another endpoint is the primary of the instance.
 */
export type Unfit = "link-down" | "syncing" | "never-synced" | "other-primary" | "own-primary";

/** What an endpoint beside the primary said last of whom it follows. */
export interface Replication {
  /** `host:port`, as the replica knows it; the endpoint's own address where it says that it is a primary itself. */
  readonly primary: string;
  /** Undefined when the server does not say. */
  readonly link: Link | undefined;
  /** How far it has read, in bytes; -1 while it is linked to no primary. Undefined when the server does not say. */
  readonly offset: number | undefined;
  /** Why it is not read from; undefined while it is. */
  readonly unfit: Unfit | undefined;
}

/**
 * May it be read from: yes; only when no other endpoint of its instance is eligible, since what it has is old or was not asked for yet;
 * not at all.
 */
export type Standing = "follows" | "last-resort" | "strange";
