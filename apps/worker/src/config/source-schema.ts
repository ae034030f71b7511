import { count, ms, setting, text } from "@fleet/settings";
import type { Section } from "@fleet/settings";
import { z } from "zod";

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
  range: setting(range.optional(), {
    mask: ({ from, to }: { readonly from: number; readonly to: number }) => `${from}..${to}`,
    description: "every id from one number to another, both included",
    kind: "text",
    takes: "<from..to>",
    scope: "start",
  }),
  ids: setting(z.array(id).min(1, "expected at least one id").optional(), {
    description: "these ids",
    kind: "list",
    takes: "<id,id>",
    scope: "start",
  }),
  idsFile: setting(text.optional(), {
    description: "the ids in a file, one a line",
    kind: "path",
    takes: "<file>",
    scope: "start",
  }),
  idPattern: setting(text.default("\\d+"), {
    description: "what an id of `ids` or `idsFile` looks like, as a whole",
    kind: "text",
    takes: "<regexp>",
    scope: "start",
  }),
  stream: setting(text.optional(), {
    description: "the entries of a Redis stream; each id is an entry's",
    kind: "text",
    takes: "<key>",
    scope: "start",
  }),
  streamGroup: setting(text.default("fleet"), {
    description: "its consumer group, created where it does not exist",
    kind: "text",
    takes: "<group>",
    scope: "start",
  }),
  streamStart: setting(text.optional(), {
    description: "where a new group begins: an entry id, 0 (everything, the default) or $",
    kind: "text",
    takes: "<id>",
    scope: "start",
  }),
  adoptAfterMs: setting(ms(1).optional(), {
    description: "how long another consumer's entry lies untouched before it is taken over; 60000",
    takes: "<ms>",
    scope: "start",
  }),
  list: setting(text.optional(), {
    description: "the elements of a Redis list of jobs; each element is an id",
    kind: "text",
    takes: "<key>",
    scope: "start",
  }),
  listSide: setting(z.enum(["left", "right"]).optional(), {
    description: "the end where they are taken: right (as for LPUSH, the default) or left",
    kind: "text",
    takes: "<side>",
    scope: "start",
  }),
  chunkSize: setting(count(1, 1000).optional(), {
    description: "ids per chunk, the unit of leases and progress; 50 for a new run",
    takes: "<count>",
    scope: "start",
  }),
};
