import type { Address } from "../scene.ts";
import type { Child, Children } from "./children.ts";
import type { Schedule } from "./schedule.ts";

/** One round's work. */
export interface Round {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly chunkSize: number;
  readonly leaseMs: number;
  readonly perSecond: number;
  readonly ledgerPort: number;
  readonly bad: BadIds;
}

/** Ids that the hub, and that the sink, answers with an error, always. */
export interface BadIds {
  readonly hub: readonly string[];
  readonly sink: readonly string[];
}

/** A system under test: how its work is laid out, its workers are started, and it is asked whether it is through. */
export interface System {
  readonly name: string;
  readonly hasTokens: boolean;
  /** @param redis directly: no fault is on the way. */
  open(redis: Address, round: Round): Promise<OpenRound>;
}

export interface OpenRound extends AsyncDisposable {
  /** @param redis through the proxy. */
  startWorker(children: Children, redis: Address, schedule: Schedule): Child;
  isThrough(): Promise<boolean>;
  dead(): Promise<readonly string[]>;
  /** What it says of itself, for the report. */
  claims(): Promise<string>;
}
