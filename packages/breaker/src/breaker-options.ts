import {
  anything,
  checkOptions,
  complete,
  count,
  duration,
  func,
  hasMethods,
  now,
  number,
  object,
  printed,
  required,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";
import { systemClock, type Now } from "@fleet/time";

import { InvalidOptionError } from "./errors.ts";
import { checkSnapshot, type BreakerSnapshot } from "./snapshot.ts";
import { ConsecutiveFailures } from "./trips/consecutive-failures.ts";
import type { Trip } from "./trips/trip.ts";

export interface CircuitBreakerOptions {
  /** What is guarded; stands in errors, stats and channel messages, for example `orders/10.0.0.7:6379`. */
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

export const breakerRules: Rules<CircuitBreakerOptions> = {
  name: required(text),
  consecutiveFailures: withDefault(5, count(1)),
  trip: object(
    "a trip strategy with success(), failure() and forget() (fromStrategy() makes one of cockatiel's)",
    (value) => hasMethods(value, "success", "failure", "forget"),
  ),
  // Checked on its own, field by field.
  restore: anything("object", "a snapshot"),
  openMs: withDefault(1000, duration),
  maxOpenMs: withDefault(60_000, duration),
  halfOpenProbes: withDefault(3, count(1)),
  probeTimeoutMs: withDefault(10_000, duration),
  jitter: withDefault(
    0.2,
    number("at least 0 and below 1", (value) => value >= 0 && value < 1),
  ),
  clock: withDefault(systemClock, now),
  random: withDefault(Math.random, func),
};

/** @throws InvalidOptionError */
export function validated(options: CircuitBreakerOptions): Settings {
  checkOptions(options, breakerRules, InvalidOptionError);
  const { consecutiveFailures, trip, restore, ...rest } = complete<CircuitBreakerOptions, "trip" | "restore">(
    options,
    breakerRules,
  );
  const { openMs, maxOpenMs } = rest;
  if (maxOpenMs < openMs)
    throw new InvalidOptionError("maxOpenMs", `finite and at least openMs (${openMs})`, printed(maxOpenMs));
  if (trip !== undefined && options.consecutiveFailures !== undefined)
    throw new InvalidOptionError("consecutiveFailures", "absent beside trip", printed(consecutiveFailures));
  if (restore !== undefined) checkSnapshot(restore);
  return { ...rest, restore, trip: trip ?? new ConsecutiveFailures(consecutiveFailures) };
}
