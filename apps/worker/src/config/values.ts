import { z } from "zod";

export const text: z.ZodString = z.string().min(1);

export const count = (least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.number().int().min(least).max(most);

/** Milliseconds that a timer can wait. */
export const ms = (least: number): z.ZodNumber => count(least, 2_147_483_647);

/** @param expected what the fault says. */
export const url = (protocols: RegExp, expected: string): z.ZodType<string, string> =>
  text.refine((value) => protocols.test(value) && URL.canParse(value), expected);
