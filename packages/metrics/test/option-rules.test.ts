import { optionFaults } from "@fleet/testkit";
import { expect, test } from "vitest";

import { observe, observeRules } from "../src/observe.ts";

test("observe() refuses whatever an option cannot be, and options that do not exist", () => {
  const make = (options: never): void => observe(options)[Symbol.dispose]();
  expect(optionFaults(observeRules, {}, make)).toEqual([]);
});
