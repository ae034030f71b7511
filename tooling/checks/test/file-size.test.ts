import { expect, test } from "vitest";

import { paths, text } from "../src/rooms.ts";

const ceiling = 400;

test("no source file is longer than 400 lines: past that there are two ideas in it", () => {
  const sources = paths([
    "packages/*/src/**/*.ts",
    "apps/*/{src,local}/**/*.ts",
    "tooling/*/src/**/*.ts",
    "tooling/vitest/*.ts",
  ]);
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((path) => text(path).split("\n").length - 1 > ceiling)).toEqual([]);
});

test("a source folder is at most one level deep", () => {
  const deep = paths(["packages/*/src/*/*/**/*.ts", "apps/*/src/*/*/**/*.ts"]);
  expect(deep).toEqual([]);
});
