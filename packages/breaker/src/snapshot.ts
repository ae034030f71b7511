import { printed } from "@fleet/options";

import type { BreakerStats } from "./breaker-state.ts";
import { InvalidOptionError } from "./errors.ts";

/** All that a circuit knows, as plain data: what `JSON.stringify(breaker)` gives, and what the option `restore` takes. */
export interface BreakerSnapshot extends BreakerStats {
  /** How often the open time has been doubled and not paid back. */
  readonly doublings: number;
  /** For how long the circuit has been closed, in ms; 0 unless it is. */
  readonly closedForMs: number;
  /** Whether `checkSucceeded()` ends the open time; false once the probe that it led to has failed. @default true */
  readonly trustsChecks?: boolean;
  /** What the trip strategy has counted. */
  readonly trip: unknown;
}

/** @throws InvalidOptionError unless the value is a snapshot, for example after `JSON.parse`. */
export function checkSnapshot(value: unknown): asserts value is BreakerSnapshot {
  if (typeof value !== "object" || value === null)
    throw new InvalidOptionError("restore", "a snapshot, as toJSON() gives it", printed(value));
  const { state, closedForMs, trustsChecks, ...counts } = value as Record<string, unknown>;
  for (const field of ["openings", "rejections", "doublings"]) checkCount(field, counts[field]);
  check("closedForMs", closedForMs);
  if (trustsChecks !== undefined && typeof trustsChecks !== "boolean")
    throw new InvalidOptionError("restore.trustsChecks", "true or false", printed(trustsChecks));
  const { name, ...facts } = (state ?? {}) as Record<string, unknown>;
  if (!Object.hasOwn(factsByState, String(name)))
    throw new InvalidOptionError(
      "restore.state.name",
      `one of ${Object.keys(factsByState).join(", ")}`,
      printed(name),
    );
  for (const fact of factsByState[name as keyof typeof factsByState])
    (fact === "retryAfterMs" ? check : checkCount)(`state.${fact}`, facts[fact]);
}

function checkCount(field: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new InvalidOptionError(`restore.${field}`, "an integer of at least 0", printed(value));
}

const factsByState = {
  closed: ["consecutiveFailures"],
  open: ["retryAfterMs"],
  "half-open": ["successes"],
  isolated: [],
} as const;

function check(field: string, value: unknown): void {
  if (!Number.isFinite(value) || (value as number) < 0)
    throw new InvalidOptionError(`restore.${field}`, "a finite number of at least 0", printed(value));
}
