import { optionFaults } from "@fleet/testkit";
import { expect, test } from "vitest";

import { Roles } from "../src/index.ts";
import { rolesRules } from "../src/roles/roles.ts";

test("roles refuse whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(rolesRules, {}, (options) => new Roles(options))).toEqual([]);
});
