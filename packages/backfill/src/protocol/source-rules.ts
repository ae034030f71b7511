import { checkOptions, count, ms, required, type Rule, type Rules, text, withDefault } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { IdsSource, ListSource, RangeSource, Source, StreamSource } from "../source.ts";

const kind: Rule = { kind: "text", expected: "a kind of source", fits: (value) => typeof value === "string" };
export const sourceRules: {
  readonly range: Rules<RangeSource>;
  readonly ids: Rules<IdsSource>;
  readonly stream: Rules<StreamSource>;
  readonly list: Rules<ListSource>;
} = {
  range: { kind, from: required(count(0)), to: required(count(0)) },
  ids: { kind, ids: required({ kind: "list", expected: "an array of ids", fits: Array.isArray }) },
  stream: {
    kind,
    key: required(text),
    group: required(text),
    start: text,
    adoptAfterMs: withDefault(60_000, ms()),
  },
  list: {
    kind,
    key: required(text),
    side: withDefault("right", {
      kind: "text",
      expected: "left or right",
      fits: (value) => value === "left" || value === "right",
    }),
  },
};

/**
 * Refuses a field that its kind of source does not have, and a value of another type. A kind that is unknown passes.
 *
 * @throws InvalidOptionError.
 */
export function checkSource(source: Source): void {
  if (Object.hasOwn(sourceRules, source.kind))
    checkOptions(source, sourceRules[source.kind], InvalidOptionError, "source");
}
