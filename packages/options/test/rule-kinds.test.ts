import { expect, it } from "vitest";

import {
  anything,
  clock,
  count,
  duration,
  flag,
  func,
  listOf,
  ms,
  now,
  number,
  oneOf,
  record,
  text,
} from "../src/rule-kinds.ts";
import type { Rule } from "../src/rule.ts";

const clocks = { now: () => 0, setTimeout: () => 0, clearTimeout: () => {} };

const cases: readonly [name: string, rule: Rule, fits: readonly unknown[], misfits: readonly unknown[]][] = [
  ["text", text, ["a"], ["", 1, null, undefined]],
  ["flag", flag, [true, false], [0, "true", undefined]],
  ["ms()", ms(), [1, 1.5, 2 ** 31 - 1], [0, -1, NaN, Infinity, 2 ** 31, "5", new Date()]],
  ["ms(0)", ms(0), [0], [-0.1]],
  ["duration", duration, [0.1, 2 ** 40], [0, -1, Infinity, NaN, "1"]],
  ["count(1)", count(1), [1, Number.MAX_SAFE_INTEGER], [0, 1.5, NaN, Infinity, "1", 1n]],
  ["count(0, 10)", count(0, 10), [0, 10], [11]],
  ["number", number("below 1", (value) => value < 1), [0.5, -Infinity], [1, NaN, "0"]],
  ["oneOf", oneOf("tick", "poll"), ["tick"], ["Tick", undefined, ["tick"]]],
  ["listOf", listOf("texts", text.fits), [[], ["a"]], [[""], "a", { length: 0 }]],
  ["record", record({}), [{}], [[], null, "a", 1]],
  ["func", func, [() => {}], [{}, "a"]],
  ["now", now, [{ now: () => 0 }], [{}, null, Date.now]],
  ["clock", clock, [clocks], [{ now: () => 0 }]],
  ["anything", anything("object", "a snapshot"), [null, 0], [undefined]],
];

it.each(cases)("%s takes what fits", (_, rule, fits) => {
  expect(fits.filter((value) => !rule.fits(value))).toEqual([]);
});

it.each(cases)("%s refuses the rest", (_, rule, __, misfits) => {
  expect(misfits.filter((value) => rule.fits(value))).toEqual([]);
});

it("says what is expected in words", () => {
  expect(count(1, 10).expected).toBe("a whole number of at least 1 and at most 10");
  expect(oneOf(4, 6, "any").expected).toBe('4, 6 or "any"');
  expect(oneOf("only").expected).toBe('"only"');
});
