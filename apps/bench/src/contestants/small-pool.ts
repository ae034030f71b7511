import type { Address } from "../load/peer.ts";

/** The case of the pool that was too small: 250 tasks over five connections, a fifth of them waiting for jobs. */
export const smallPool = {
  tasks: 250,
  /** Every fifth of them waits for jobs; the others send commands, some of which are jobs. */
  consumerEvery: 5,
  connections: 5,
  /** How long a task waits for a connection: a tenth of what was usual. */
  acquireTimeoutMs: 500,
  /** How long one waits for a job, in seconds: a tenth of what was usual. */
  blockSeconds: 0.1,
  commandsPerJob: 50,
} as const;

/** `one-pool`: every call takes a connection. `lanes`: commands share one connection, those that block have the other four. */
export type SmallPoolPattern = "one-pool" | "lanes";

/** From the bench to the process of a pattern. */
export type SmallPoolRequest =
  | { readonly type: "open"; readonly pattern: SmallPoolPattern; readonly server: Address }
  | { readonly type: "round"; readonly roundMs: number };
