import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { profiles } from "../../src/kubernetes/profiles/profiles.ts";
import { settingNames } from "../../src/kubernetes/profiles/settings.ts";
import { reasons } from "../../src/kubernetes/releases/reasons.ts";

const guide = (name: string): string =>
  readFileSync(new URL(`../../../../docs/guide/${name}.md`, import.meta.url), "utf8");

/** What stands in backticks in the first column of the table under a heading of a guide. */
function firstColumn(page: string, heading: string): readonly string[] {
  const section =
    guide(page)
      .split(/^#+ /m)
      .find((part) => part.startsWith(heading)) ?? "";
  const cells = section.match(/^\| `[^|]+\|/gm) ?? [];
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
}

test("the guide names every profile, in the order in which they are tried", () => {
  expect(firstColumn("kubernetes", "What is recognised")).toEqual(profiles.map(({ name }) => name));
});

test("the guide names every annotation", () => {
  const [prefix, ...names] = firstColumn("kubernetes", "Annotations");
  expect(prefix).toBe("fleet.dev/...");
  expect(names.toSorted()).toEqual([...settingNames].toSorted());
});

test("the guide names every reason of a condition that Kubernetes gives", () => {
  const named = firstColumn("conditions", "Conditions");
  expect(reasons.filter((reason) => !named.includes(reason))).toEqual([]);
});
