/** What the circuit does with the next call, with the facts that belong to this state only. */
export type BreakerState =
  | { readonly name: "closed"; readonly consecutiveFailures: number }
  | { readonly name: "open"; readonly retryAfterMs: number }
  | { readonly name: "half-open"; readonly probesInFlight: number; readonly successes: number }
  | { readonly name: "isolated" };

/** A point-in-time copy; also what `JSON.stringify(breaker)` gives. */
export interface BreakerStats {
  readonly name: string;
  readonly state: BreakerState;
  /** How often the circuit opened, re-openings after a failed probe included. */
  readonly openings: number;
  /** How many calls were refused. */
  readonly rejections: number;
  /** How long the next opening would last, before jitter (ms). */
  readonly nextOpenMs: number;
}
