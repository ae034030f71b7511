import { checkOptions, count, ms, required, type Rule, type Rules, text } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { IdsSource, ListSource, RangeSource, Source, StreamSource } from "../source.ts";

const kind: Rule = { kind: "text", expected: "a kind of source", fits: (value) => typeof value === "string" };
const rules: {
  readonly range: Rules<RangeSource>;
  readonly ids: Rules<IdsSource>;
  readonly stream: Rules<StreamSource>;
  readonly list: Rules<ListSource>;
} = {
  range: { kind, from: required(count(0)), to: required(count(0)) },
  ids: { kind, ids: required({ kind: "list", expected: "an array of ids", fits: Array.isArray }) },
  stream: { kind, key: required(text), group: required(text), start: text, adoptAfterMs: ms() },
  list: {
    kind,
    key: required(text),
    side: { kind: "text", expected: "left or right", fits: (value) => value === "left" || value === "right" },
  },
};

/**
 * Refuses a field that its kind of source does not have, and a value of another type. A kind that is unknown passes.
 *
 * @throws InvalidOptionError.
 */
export function checkSource(source: Source): void {
  if (Object.hasOwn(rules, source.kind))
    checkOptions(source, rules[source.kind], InvalidOptionError, "source");
}
