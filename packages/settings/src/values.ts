import { z } from "zod";

export const text: z.ZodString = z.string().min(1);

export const count = (least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber =>
  z.number().int().min(least).max(most);

/** Milliseconds that a timer can wait. */
export const ms = (least: number): z.ZodNumber => count(least, 2_147_483_647);

/** People put connection strings where a path belongs; what reports a path must be able to show it. */
export const filePath: z.ZodString = text.refine(
  (path) => !/[a-z]:\//i.test(path),
  "expected the path of a file",
);
