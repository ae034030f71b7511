import { InvalidOptionError } from "./errors.ts";

/** A whole number from `min` on. */
export function checkCount(option: string, value: number, min: number): number {
  if (!Number.isSafeInteger(value) || value < min)
    throw new InvalidOptionError(option, value, `a whole number of at least ${min}`);
  return value;
}

/** Milliseconds that a timer can wait: Node fires longer ones at once (2^31 - 1). */
export function checkMs(option: string, value: number, min = 1): number {
  if (!(value >= min && value <= 2_147_483_647))
    throw new InvalidOptionError(option, value, `milliseconds from ${min} to 2147483647`);
  return value;
}

export function checkName(option: string, value: string): string {
  if (typeof value !== "string" || value === "")
    throw new InvalidOptionError(option, value, "a non-empty string");
  return value;
}
