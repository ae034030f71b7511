/** One target as a policy sees it. */
export interface Candidate {
  /** Tickets not yet disposed. */
  readonly inFlight: number;
  /** Expected latency at the time `now`: the greater of the decayed average and the age of the oldest call in flight. */
  latencyMs(now: number): number;
}

/** The candidates of one name and access, in a stable order, with what a policy may ask during one choice. */
export interface Choice {
  readonly candidates: readonly Candidate[];
  /** Index after the last one chosen from this list; kept across updates. */
  readonly next: number;
  /** Monotonic milliseconds of this choice. */
  readonly now: number;
  /** Whether this candidate may be chosen now: eligible, not excluded, and of no higher rank than is looked for. */
  usable(index: number): boolean;
  random(): number;
}

/** A strategy. It must not keep the choice or its candidates beyond the call. */
export interface RoutingPolicy {
  /** Stands in stats and channel messages. */
  readonly name: string;
  /** Index of the chosen candidate, or -1 when none is usable, for which every one has to be asked. */
  choose(choice: Choice): number;
}
