import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { dialReasons } from "../src/index.ts";

test("the guide has every reason, and no other", () => {
  const page = readFileSync(new URL("../../../docs/guide/dial-reasons.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, reason]) => reason!);
  expect(rows.toSorted()).toEqual([...dialReasons].toSorted());
});
