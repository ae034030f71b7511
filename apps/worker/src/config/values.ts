import { text } from "@fleet/settings";
import type { z } from "zod";

/** @param expected what the fault says. */
export const url = (protocols: RegExp, expected: string): z.ZodString =>
  text.refine((value) => protocols.test(value) && URL.canParse(value), expected);
