import { expect, test } from "vitest";

import { bench } from "./run-bench.ts";

test("--list names the scenarios", async () => {
  const { code, out } = await bench(["--list"]);
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.split(" ")[0])).toEqual([
    "discovery",
    "gateway",
    "scrape",
    "shared-lane",
    "whole-walk",
    "worker",
    "",
  ]);
});

test("a scenario that there is not ends with 2 and one line", async () => {
  const { code, error } = await bench(["everything"]);
  expect(code).toBe(2);
  expect(error).toMatch(/^no scenario is named everything; there are [^\n]+\n$/);
});
