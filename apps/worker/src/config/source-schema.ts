import { z } from "zod";

import { type Section, setting } from "./setting.ts";
import { count, ms, text } from "./values.ts";

/** Where the ids come from. */
export interface SourceConfig {
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly idsFile?: string | undefined;
  readonly idPattern: string;
  readonly stream?: string | undefined;
  readonly streamGroup: string;
  readonly streamStart?: string | undefined;
  readonly adoptAfterMs?: number | undefined;
  readonly list?: string | undefined;
  readonly listSide?: "left" | "right" | undefined;
  readonly chunkSize?: number | undefined;
}

/** As the engine has it: a bit per id, and a bitmap of Redis ends there. */
const mostIds = 2 ** 32;

const range = text.transform((value, context) => {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(value) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const isRange = from !== undefined && first <= last && Number.isSafeInteger(last);
  if (isRange && last - first < mostIds) return { from: first, to: last };
  const message = isRange
    ? `expected at most ${mostIds} ids`
    : "expected whole numbers FROM..TO, the first not above the second";
  context.issues.push({ code: "custom", message, input: value });
  return z.NEVER;
});

const id = z
  .union([z.string(), z.number().int()], "expected an id: text or a whole number")
  .transform((value) => String(value).trim())
  .refine((value) => value !== "", "expected an id, got nothing");

export const sourceSettings: Section<SourceConfig> = {
  range: setting(
    range.optional(),
    "start",
    "text <from..to>",
    "every id from one number to another, both included",
    { alias: ["MAX_FID", (value) => `1..${value}`] },
  ),
  ids: setting(
    z.array(id).min(1, "expected at least one id").optional(),
    "start",
    "list <id,id>",
    "these ids",
    { alias: ["FIDS", (value) => value] },
  ),
  idsFile: setting(text.optional(), "start", "path <file>", "the ids in a file, one a line"),
  idPattern: setting(
    text.default("\\d+"),
    "start",
    "text <regexp>",
    "what an id of `ids` or `idsFile` looks like, as a whole",
  ),
  stream: setting(
    text.optional(),
    "start",
    "text <key>",
    "the entries of a Redis stream; each id is an entry's",
  ),
  streamGroup: setting(
    text.default("fleet"),
    "start",
    "text <group>",
    "its consumer group, created where it does not exist",
  ),
  streamStart: setting(
    text.optional(),
    "start",
    "text <id>",
    "where a new group begins: an entry id, 0 (everything, the default) or $",
  ),
  adoptAfterMs: setting(
    ms(1).optional(),
    "start",
    "number <ms>",
    "how long another consumer's entry lies untouched before it is taken over; 60000",
  ),
  list: setting(
    text.optional(),
    "start",
    "text <key>",
    "the elements of a Redis list of jobs; each element is an id",
  ),
  listSide: setting(
    z.enum(["left", "right"]).optional(),
    "start",
    "text <side>",
    "the end where they are taken: right (as for LPUSH, the default) or left",
  ),
  chunkSize: setting(
    count(1, 1000).optional(),
    "start",
    "number <count>",
    "ids per chunk, the unit of leases and progress; 50 for a new run",
  ),
};
