import { printed } from "./check-options.ts";
import { InvalidOptionError } from "./errors.ts";

/** A whole number from `min` to `max`. */
export function checkCount(
  option: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${max}`;
  throw new InvalidOptionError(option, `a whole number of at least ${min}${upTo}`, printed(value));
}

/** Milliseconds that a timer can wait: Node fires longer ones at once (2^31 - 1). */
export function checkMs(option: string, value: number, min = 1): number {
  if (!(typeof value === "number" && value >= min && value <= 2_147_483_647))
    throw new InvalidOptionError(option, `milliseconds from ${min} to 2147483647`, printed(value));
  return value;
}

export function checkText(option: string, value: string): string {
  if (typeof value !== "string" || value === "")
    throw new InvalidOptionError(option, "a non-empty string", printed(value));
  return value;
}
