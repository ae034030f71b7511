import { channel, type Channel } from "node:diagnostics_channel";

import type { Refusal, Requested } from "./errors.ts";
import type { Access } from "./target.ts";
import type { PickReason } from "./ticket.ts";

/** Published on `fleet:router:pick`, one per decision; a refusal is a decision too. */
export type PickEvent = {
  readonly access: Access;
  /** Name of the routing policy. */
  readonly policy: string;
  /** What was asked for. */
  readonly requested: Requested;
  /** How many candidates there were, usable or not. */
  readonly candidates: number;
} & PickOutcome;

export type PickOutcome =
  | {
      readonly outcome: "picked";
      readonly instance: string;
      /** Id of the target. */
      readonly target: string;
      readonly reason: PickReason;
      /** The tier that the target was in; above 0 no better one was usable. */
      readonly rank: number;
    }
  | { readonly outcome: "refused"; readonly reason: Refusal };

export const pickChannel: Channel = channel("fleet:router:pick");
