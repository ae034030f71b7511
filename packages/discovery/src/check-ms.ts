import { InvalidOptionError } from "./errors.ts";

/** Milliseconds that a timer can wait: Node fires longer ones at once (2^31 - 1). */
export function checkMs(option: string, value: number, least: number): number {
  if (!Number.isFinite(value) || value < least || value > 2 ** 31 - 1)
    throw new InvalidOptionError(
      option,
      `a number of milliseconds from ${least} to 2147483647`,
      String(value),
    );
  return value;
}
