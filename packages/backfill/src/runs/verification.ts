/** Ids that are not as they should be: how many, and the first hundred. */
export interface Discrepancy {
  readonly count: number;
  readonly ids: readonly string[];
}

/** The run against what the sink has. */
export interface Verification {
  /** Nothing is missing and nothing is unexpected. */
  readonly clean: boolean;
  /** Ids of the source; of them done, with nothing to write, and dead. */
  readonly expected: number;
  readonly done: number;
  readonly empty: number;
  readonly dead: number;
  /** Distinct ids the sink has. */
  readonly seen: number;
  /** Done, not empty, not dead, and the sink does not have it. */
  readonly missing: Discrepancy;
  /** The sink has it, the source does not. */
  readonly unexpected: Discrepancy;
  /** Written but not acknowledged yet: a run that goes on may have some. */
  readonly ahead: number;
}
