import { expect, it } from "vitest";

import { nearest } from "../src/nearest.ts";

it.each([
  ["maks", "max"],
  ["TIMEOUTMS", "timeoutMs"],
  ["timeout", "timeoutMs"],
])("%s is nearest to %s", (name, expected) => {
  expect(nearest(name, ["max", "timeoutMs", "name"])).toBe(expected);
});

it("is none of none", () => {
  expect(nearest("max", [])).toBeUndefined();
});
