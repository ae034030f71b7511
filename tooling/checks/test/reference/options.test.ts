import { describe, expect, test } from "vitest";

import { gapsOfOptions, optionsPage } from "../../src/reference/options-page.ts";
import { optionsTypes } from "../../src/reference/options.ts";
import { ruleTables } from "../../src/reference/rule-tables.ts";

const path = "tooling/checks/test/reference/fixture/options.ts";
const types = optionsTypes([path], await ruleTables([path]));
const optionsOf = (name: string): readonly unknown[] | undefined =>
  types.find((type) => type.name === name)?.options;

describe("the types of options", () => {
  test("are those that a caller gives, directly or in another one", () => {
    expect(types.map(({ name, usedBy }) => [name, ...usedBy])).toEqual([
      ["BulbOptions"],
      ["BurnOptions"],
      ["LampOptions", "new Lamp()"],
      ["PartialOptions", "Lamp.dim()"],
    ]);
  });

  test("have the members of their parents, without those that are left out", () => {
    expect(optionsOf("LampOptions")).toMatchObject([
      { name: "name", meaning: "Names it in errors.", default: "required", mustBe: "`string`" },
      { name: "burnMs", unit: "milliseconds", default: "1000" },
      { name: "bulbs", default: "none", mustBe: "`BulbOptions[]`" },
      { name: "out", mustBe: '`(reason: "spent" | "broken") => void`' },
      { name: "colour", meaning: "" },
    ]);
  });

  test("utility types are followed, and a rule says what an option must be", () => {
    expect(optionsOf("PartialOptions")).toMatchObject([
      { name: "name", default: "none", mustBe: "a name" },
      { name: "sizeBytes", unit: "bytes", default: "20", mustBe: "a whole number" },
      { name: "burn", mustBe: "a record of options" },
    ]);
  });

  test("the rules of an option that is a record of options are found in it", () => {
    expect(optionsOf("BurnOptions")).toMatchObject([
      { name: "burnMs", mustBe: "milliseconds", default: "1000", conflict: false },
    ]);
  });
});

test("an option without a meaning, or with two defaults, is named", () => {
  expect(gapsOfOptions({ name: "@fleet/fixture", types })).toEqual([
    "@fleet/fixture: LampOptions.colour has no meaning in its doc comment",
    "@fleet/fixture: PartialOptions.sizeBytes has another @default than its rule, 20",
  ]);
});

test("the page has a table for each type", () => {
  const page = optionsPage([{ name: "@fleet/fixture", types }]);
  expect(page).toContain("### `LampOptions`\n\nFor `new Lamp()`. How a lamp burns.\n\n| option |");
  expect(page).toContain("| `burnMs` | `number` | milliseconds | `1000` | How long it burns. |");
  expect(page).toContain(String.raw`(reason: "spent" \| "broken") => void`);
});
