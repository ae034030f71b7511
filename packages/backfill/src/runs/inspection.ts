import type { DeadLetter } from "../protocol/dead-letter.ts";

/** What is known about one id. */
export type Inspection =
  | { readonly state: "unknown" | "pending" | "done" | "empty" }
  | {
      readonly state: "leased";
      readonly chunk: number;
      readonly token: number;
      /** Negative when it has expired and no worker has taken the chunk over yet. */
      readonly leaseLeftMs: number;
    }
  | {
      readonly state: "waiting";
      readonly chunk: number;
      readonly attempts: number;
      readonly crashes: number;
      readonly dueInMs: number;
    }
  | { readonly state: "dead"; readonly letter: DeadLetter };
