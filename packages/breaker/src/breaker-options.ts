import { systemClock, type Now } from "@fleet/time";

import { InvalidOptionError } from "./errors.ts";
import { checkSnapshot, type BreakerSnapshot } from "./snapshot.ts";
import { ConsecutiveFailures } from "./trips/consecutive-failures.ts";
import type { Trip } from "./trips/trip.ts";

export interface CircuitBreakerOptions {
  /** Who is guarded; stands in errors, stats and channel messages, for example `orders/10.0.0.7:6379`. */
  readonly name: string;
  /** Failures in a row, without a success between, that open the circuit. @default 5; not beside `trip` */
  readonly consecutiveFailures?: number;
  /** Decides when the circuit opens, in place of `consecutiveFailures`. One for each breaker: it counts. */
  readonly trip?: Trip;
  /** What `toJSON()` of an earlier breaker gave, to go on from there. A circuit that was isolated starts closed. */
  readonly restore?: BreakerSnapshot;
  /** How long the first opening lasts, in ms; each opening that follows too soon lasts twice as long. @default 1000 */
  readonly openMs?: number;
  /** Longest opening before jitter, in ms. @default 60000 */
  readonly maxOpenMs?: number;
  /** Probes in a row that must succeed in half-open before the circuit closes; they run one at a time. @default 3 */
  readonly halfOpenProbes?: number;
  /** A probe without an outcome after this many ms counts as failed. @default 10000 */
  readonly probeTimeoutMs?: number;
  /** Share by which an opening is shortened or lengthened at random, 0 to below 1. @default 0.2 */
  readonly jitter?: number;
  /** Monotonic milliseconds. @default performance.now */
  readonly clock?: Now;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** The options, complete and checked. */
export interface Settings extends Required<Omit<CircuitBreakerOptions, "consecutiveFailures" | "restore">> {
  readonly restore: BreakerSnapshot | undefined;
}

export function validated(options: CircuitBreakerOptions): Settings {
  const complete = {
    name: options.name,
    consecutiveFailures: options.consecutiveFailures ?? 5,
    openMs: options.openMs ?? 1_000,
    maxOpenMs: options.maxOpenMs ?? 60_000,
    halfOpenProbes: options.halfOpenProbes ?? 3,
    probeTimeoutMs: options.probeTimeoutMs ?? 10_000,
    jitter: options.jitter ?? 0.2,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  if (typeof complete.name !== "string" || complete.name === "")
    throw new InvalidOptionError("name", "a non-empty string", complete.name);
  for (const option of ["consecutiveFailures", "halfOpenProbes"] as const)
    if (!Number.isSafeInteger(complete[option]) || complete[option] < 1)
      throw new InvalidOptionError(option, "an integer of at least 1", complete[option]);
  for (const option of ["openMs", "probeTimeoutMs"] as const)
    if (!Number.isFinite(complete[option]) || complete[option] <= 0)
      throw new InvalidOptionError(option, "a finite number of milliseconds above 0", complete[option]);
  if (!Number.isFinite(complete.maxOpenMs) || complete.maxOpenMs < complete.openMs)
    throw new InvalidOptionError(
      "maxOpenMs",
      `finite and at least openMs (${complete.openMs})`,
      complete.maxOpenMs,
    );
  if (!(complete.jitter >= 0 && complete.jitter < 1))
    throw new InvalidOptionError("jitter", "at least 0 and below 1", complete.jitter);
  if (options.trip !== undefined && options.consecutiveFailures !== undefined)
    throw new InvalidOptionError("consecutiveFailures", "absent beside trip", options.consecutiveFailures);
  if (options.restore !== undefined) checkSnapshot(options.restore);
  const { consecutiveFailures, ...settings } = complete;
  return {
    ...settings,
    trip: options.trip ?? new ConsecutiveFailures(consecutiveFailures),
    restore: options.restore,
  };
}
