import { ms, printed, type Rule } from "@fleet/options";

import { InvalidOptionError } from "./errors.ts";

/** What no timer can wait for is no deadline, but most likely a time of another clock. */
const longestMs = 2_147_483_647;

/** When one call gives up. Where both are given, the earlier counts. */
export interface TimeLimit {
  /** A time of the pool's clock, in milliseconds: that of `performance.now()`, not of `Date.now()`. @default none */
  readonly deadline?: number | undefined;
  /** Milliseconds from now. @default the lane's, where there is no `deadline` either */
  readonly timeoutMs?: number | undefined;
}

const timeout: Rule = {
  kind: "number",
  expected: "milliseconds above 0, at most 2147483647",
  fits: (value) => typeof value === "number" && value > 0 && value <= longestMs,
};
/** @throws InvalidOptionError */
export function deadlineOf(limit: TimeLimit | undefined, now: number, timeoutMs: number): number {
  if (limit === undefined) return now + timeoutMs;
  const { deadline } = limit;
  if (limit.timeoutMs !== undefined && !timeout.fits(limit.timeoutMs))
    throw new InvalidOptionError("timeoutMs", timeout.expected, printed(limit.timeoutMs));
  if (deadline === undefined) return now + (limit.timeoutMs ?? timeoutMs);
  if (!(typeof deadline === "number" && deadline - now <= longestMs))
    throw new InvalidOptionError(
      "deadline",
      `a time of the pool's clock (now ${Math.round(now)}) at most ${longestMs} ms ahead`,
      printed(deadline),
    );
  return limit.timeoutMs === undefined ? deadline : Math.min(deadline, now + limit.timeoutMs);
}

const grace = ms(0);

/** @throws InvalidOptionError */
export function checkGrace(graceMs: number): void {
  if (!grace.fits(graceMs)) throw new InvalidOptionError("graceMs", grace.expected, printed(graceMs));
}
