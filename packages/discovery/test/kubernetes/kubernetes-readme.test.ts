import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { profiles } from "../../src/kubernetes/profiles/profiles.ts";
import { settingNames } from "../../src/kubernetes/profiles/settings.ts";
import { reasons } from "../../src/kubernetes/releases/reasons.ts";

const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** What stands in backticks in the first column of the table under a heading. */
function firstColumn(heading: string): readonly string[] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(heading)) ?? "";
  const cells = section.match(/^\| `[^|]+\|/gm) ?? [];
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
}

test("the README names every profile, in the order in which they are held against a Service", () => {
  expect(firstColumn("What is recognised")).toEqual(profiles.map(({ name }) => name));
});

test("the README names every annotation", () => {
  const [prefix, ...names] = firstColumn("Annotations");
  expect(prefix).toBe("fleet.dev/...");
  expect(names.toSorted()).toEqual([...settingNames].toSorted());
});

test("the README names every reason of a condition that Kubernetes gives", () => {
  const named = firstColumn("Conditions");
  expect(reasons.filter((reason) => !named.includes(reason))).toEqual([]);
});
