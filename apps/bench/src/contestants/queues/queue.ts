import type { Address } from "../../load/peer.ts";

/** A way to have ids worked through, over one Redis, with nothing to do for each of them. */
export interface Queue {
  open(server: Address): Promise<OpenQueue>;
}

export interface OpenQueue {
  /** Hands over that many ids; no worker works on them yet. */
  add(ids: number): Promise<void>;
  /** Works through all that were added. */
  work(): Promise<void>;
  /** Leaves nothing in Redis. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export type QueueName = "fleet" | "bullmq" | "bullmq-one-by-one";

/** From the bench to the process of a queue. */
export type QueueRequest =
  | { readonly type: "open"; readonly queue: QueueName; readonly server: Address }
  | { readonly type: "add"; readonly ids: number }
  | { readonly type: "work" }
  | { readonly type: "clear" };

/** What one of the requests took. */
export interface Taken {
  readonly ms: number;
  readonly cpuUs: number;
}
