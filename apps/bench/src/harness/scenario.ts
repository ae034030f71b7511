/** One thing to find out by measuring. One file in `scenarios/` exports one of these and is named after it. */
export interface Scenario {
  readonly name: string;
  /** What the figures answer, as one line. */
  readonly question: string;
  /** Long enough to quote. */
  readonly full: Plan;
  /** For a look. */
  readonly quick: Plan;
  /** Starts everything that takes part; what it opens it hands to `context.opened`. */
  prepare(context: Context): Promise<Field>;
}

/** How long to measure. A warm-up round comes on top; it is not counted. */
export interface Plan {
  readonly rounds: number;
  /** How long each contestant is under load in one round, in milliseconds. */
  readonly roundMs: number;
  /** How much there is to hold or to do, where that is not a matter of time. @default the scenario has no such measure */
  readonly size?: number;
}

export interface Context {
  readonly plan: Plan;
  readonly seed: number;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** Disposed of when the scenario is over, however it ends. */
  readonly opened: AsyncDisposableStack;
}

/** The contestants, and which are to be compared. */
export interface Field {
  readonly contestants: readonly Contestant[];
  readonly comparisons: readonly Comparison[];
  /** Versions of the programs that take part, those of npm packages excepted: the runner adds them. */
  readonly versions: Readonly<Record<string, string>>;
  /** npm packages whose versions matter: label -> package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Facts about how the machine was used: which core, which load generator. */
  readonly setup: Readonly<Record<string, string>>;
  /** What a reader has to know: which contestant is missing, and why. */
  readonly notes: readonly string[];
}

/** What can be put under load for a while, again and again. */
export interface Contestant {
  readonly name: string;
  measure(options: { readonly roundMs: number; readonly signal: AbortSignal }): Promise<Figures>;
}

/** What one round gave; the unit stands at the end of each name. */
export type Figures = Readonly<Record<string, number>>;

/** One table: one of our rows against rows of theirs. */
export interface Comparison {
  readonly title: string;
  /** The row that is ours, and the numerator of the ratios. */
  readonly ours: string;
  /** Name in the ratio -> name of the row. */
  readonly theirs: Readonly<Record<string, string>>;
  /** What the ratios are made of. @default "opsPerSec" */
  readonly figure?: string;
}
