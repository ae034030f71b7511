import { describe, expect, test } from "vitest";

import { packages, paths, text } from "../src/checkout.ts";

const mostLines = 150;

/** READMEs that are still longer, by the lines that they may have. */
const longer: Readonly<Record<string, number>> = {
  "apps/worker/README.md": 225,
  "packages/backfill/README.md": 202,
  "packages/breaker/README.md": 160,
  "packages/client/README.md": 185,
};

const readmes = paths(["README.md", "{packages,apps,tooling}/*/README.md"]);

test.for(readmes)("%s has at most 150 lines; more belongs in docs/", (path) => {
  expect(text(path).trimEnd().split("\n").length).toBeLessThanOrEqual(longer[path] ?? mostLines);
});

test.for(readmes)("%s begins with its name and a sentence", (path) => {
  expect(text(path)).toMatch(/^# [^\n]+\n\n[A-Z`][^\n]+/);
});

describe.each(packages)("the README of %s", (name) => {
  const headings = [...text(`packages/${name}/README.md`).matchAll(/^## (.+)$/gm)].map(([, title]) => title!);

  test("says how it is installed, and shows an example", () => {
    expect(headings).toEqual(expect.arrayContaining(["Install", "Example"]));
  });
});
