import { describe, expect, test } from "vitest";

import { packages, paths, text } from "../src/checkout.ts";

const mostLines = 150;

const readmes = paths(["README.md", "{packages,apps,tooling}/*/README.md"]);

test.for(readmes)("%s has at most 150 lines; more belongs in docs/", (path) => {
  expect(text(path).trimEnd().split("\n").length).toBeLessThanOrEqual(mostLines);
});

test.for(readmes)("%s begins with its name and a sentence", (path) => {
  expect(text(path)).toMatch(/^# [^\n]+\n\n[A-Z`][^\n]+/);
});

describe.each(packages)("the README of %s", (name) => {
  const headings = [...text(`packages/${name}/README.md`).matchAll(/^## (.+)$/gm)].map(([, title]) => title!);

  test("says how it is installed, and shows an example", () => {
    expect(headings).toEqual(expect.arrayContaining(["Install", "Example"]));
  });

  test("leads on to the documentation", () => {
    expect(text(`packages/${name}/README.md`)).toMatch(/\]\(\.\.\/\.\.\/docs\//);
  });
});
