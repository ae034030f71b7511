import { expect, test } from "vitest";

import { labelSelector } from "../src/kubernetes/label-selector.ts";

test.for<readonly [selector: string, means: string]>([
  ["", "abc"],
  ["app=redis", "ab"],
  ["app==redis", "ab"],
  ["app!=redis", "c"],
  ["tier in (one, two)", "ab"],
  ["tier notin (one)", "bc"],
  ["tier", "ab"],
  ["!tier", "c"],
  ["app=redis,tier=two", "b"],
  ["app in (redis,other),tier notin (two,three)", "a"],
])("%j means %s", ([selector, means]) => {
  const matches = labelSelector(selector);
  const all = { a: { app: "redis", tier: "one" }, b: { app: "redis", tier: "two" }, c: { app: "mail" } };
  const found = Object.entries(all).filter(([, labels]) => matches(labels));
  expect(found.map(([name]) => name).join("")).toBe(means);
});

test("what is no selector is an error", () => {
  expect(() => labelSelector("app in redis")).toThrow("unable to parse requirement: app in redis");
});
