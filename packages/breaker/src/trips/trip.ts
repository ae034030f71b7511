/** Why a closed circuit opened. `strategy`: one that was made for another library. */
export type TripCause = "consecutive-failures" | "strategy";

/** Decides, from the outcomes of the calls of a closed circuit, when it opens. One serves one circuit. */
export interface Trip {
  readonly cause: TripCause;
  /** What was counted, as plain data. Setting it restores an earlier count. */
  state: unknown;
  success(): void;
  /** Counts a failure. @returns whether the circuit opens now. */
  failure(): boolean;
  /** The circuit closes: what was counted before says nothing about it any more. */
  forget(): void;
}
