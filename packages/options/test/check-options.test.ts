import { expect, it } from "vitest";

import { checkKnownOptions, checkOption, checkOptions } from "../src/check-options.ts";
import { OptionError } from "../src/option-error.ts";
import { count, record, required, secret, text } from "../src/rule-kinds.ts";
import type { Rules } from "../src/rule.ts";

class Refusal extends OptionError {
  readonly code = "FLEET_TEST_INVALID_OPTION";
}

const rules: Rules = {
  name: required(text),
  max: count(1),
  password: secret(text),
  exclusive: record({ max: count(1) }),
};

it("takes options that fit their rules, and those left out", () => {
  expect(() => {
    checkOptions({ name: "orders", max: 2, exclusive: { max: 1 } }, rules, Refusal);
    checkOptions({ name: "orders", max: undefined, other: undefined }, rules, Refusal);
  }).not.toThrow();
});

it.each([
  [undefined, "options must be a record of options, got undefined"],
  [[], "options must be a record of options, got an array"],
  [{}, "name must be a non-empty string, got undefined"],
  [{ name: 7 }, "name must be a non-empty string, got 7"],
  [{ name: "a", max: 0 }, "max must be a whole number of at least 1, got 0"],
  [{ name: "a", max: NaN }, "max must be a whole number of at least 1, got NaN"],
  [{ name: "a", max: "2" }, 'max must be a whole number of at least 1, got "2"'],
  [
    { name: "a", maks: 2 },
    "maks must be left out: there is no such option, the nearest is max, got a number",
  ],
  [{ name: "a", exclusive: 3 }, "exclusive must be a record of options, got a number"],
  [{ name: "a", exclusive: { max: -1 } }, "exclusive.max must be a whole number of at least 1, got -1"],
  [
    { name: "a", exclusive: { maxx: 1 } },
    "exclusive.maxx must be left out: there is no such option, the nearest is max, got a number",
  ],
])("refuses %j", (given, message) => {
  expect(() => checkOptions(given, rules, Refusal)).toThrow(new Refusal(...parts(message)));
});

it("shows no value of a secret, nor a text that may be a connection string", () => {
  expect(() => checkOptions({ name: "a", password: 12_345 }, rules, Refusal)).toThrow(/got a number$/);
  expect(() => checkOption("max", "redis://:hunter2@host", count(1), Refusal)).toThrow(
    /got a string that is not shown$/,
  );
});

it("names the option, with the code of the package", () => {
  expect(() => checkOption("max", 0, count(1), Refusal)).toThrow(
    expect.objectContaining({ name: "InvalidOptionError", code: "FLEET_TEST_INVALID_OPTION", option: "max" }),
  );
});

it("checks known options of an object that has more", () => {
  expect(() => checkKnownOptions({ name: "a", other: 1 }, rules, Refusal)).not.toThrow();
  expect(() => checkKnownOptions({ other: 1 }, rules, Refusal, "target")).toThrow(
    "target.name must be a non-empty string, got undefined",
  );
});

/** `<option> must be <expected>, got <got>` */
function parts(message: string): [option: string, expected: string, got: string] {
  const [, option, expected, got] = /^(\S+) must be (.*), got (.*)$/.exec(message)!;
  return [option!, expected!, got!];
}
