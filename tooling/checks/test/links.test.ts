import { expect, test } from "vitest";

import { text } from "../src/checkout.ts";
import { anchorsOf, brokenLinks, pages } from "../src/links.ts";

test.for(pages())("every link of %s leads somewhere", (path) => {
  expect(brokenLinks(path, text(path))).toEqual([]);
});

test("the pages are found", () => {
  expect(pages()).toEqual(
    expect.arrayContaining(["README.md", "docs/architecture.md", "apps/gateway/README.md"]),
  );
});

test("a file or a heading that is not there is a broken link", () => {
  const page =
    "# One\n\n[a](no.md) [b](#two) [c](#one) [d](https://example.org/x) `[e](f.md)` [g](../README.md#no)\n";
  expect(brokenLinks("docs/page.md", page)).toEqual(["no.md", "#two", "../README.md#no"]);
});

test("headings have the anchors of GitHub", () => {
  expect([...anchorsOf("# `A_b` c, d!\n## Again\n## Again\n## @fleet/pool\n")]).toEqual([
    "a_b-c-d",
    "again",
    "again-1",
    "fleetpool",
  ]);
});
