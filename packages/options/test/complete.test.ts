import { expect, it } from "vitest";

import { complete } from "../src/complete.ts";
import { count, text, withDefault } from "../src/rule-kinds.ts";
import type { Rules } from "../src/rule.ts";

interface Options {
  readonly max?: number;
  readonly name?: string;
}

const rules: Rules<Options> = { max: withDefault(8, count(0)), name: text };

it("fills in what was left out, and leaves out what has no default", () => {
  expect(complete<Options, "name">({}, rules)).toEqual({ max: 8 });
  expect(complete<Options, "name">({ max: undefined as never }, rules)).toEqual({ max: 8 });
});

it("keeps what was given, falsy values too", () => {
  expect(complete<Options, "name">({ max: 0, name: "a" }, rules)).toEqual({ max: 0, name: "a" });
});
