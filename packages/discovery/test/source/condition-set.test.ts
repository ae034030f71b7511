import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Condition, DiscoveryConditionEvent } from "../../src/index.ts";
import { ConditionSet } from "../../src/source/condition-set.ts";

const noPort: Condition = { reason: "NoPort", object: "Service shop/orders", message: "no port" };
const withheld: Condition = { reason: "Withheld", object: "Namespace shop", message: "not listed" };

let told: string[] = [];
const listen = (message: unknown): void => {
  const { source, type, condition } = message as DiscoveryConditionEvent;
  told.push(`${source} ${type} ${condition.reason}`);
};
beforeEach(() => {
  told = [];
  subscribe("fleet:discovery:condition", listen);
});
afterEach(() => void unsubscribe("fleet:discovery:condition", listen));

test("a condition is told when it comes and when it goes, and nothing in between", () => {
  const set = new ConditionSet("here");
  set.replace("a", []);
  set.replace("a", [noPort]);
  set.replace("a", [{ ...noPort }]);
  expect(set.all).toEqual([noPort]);
  set.replace("a", []);
  expect(set.all).toEqual([]);
  expect(told).toEqual(["here raised NoPort", "here cleared NoPort"]);
});

test("one that several causes say stands once, for as long as one of them says it", () => {
  const set = new ConditionSet("here");
  set.replace("a", [withheld, noPort]);
  set.replace("b", [{ ...withheld }]);
  expect(set.all).toEqual([withheld, noPort]);
  set.replace("a", []);
  expect(set.all).toEqual([withheld]);
  set.replace("b", []);
  expect(told).toEqual([
    "here raised Withheld",
    "here raised NoPort",
    "here cleared NoPort",
    "here cleared Withheld",
  ]);
});

test("one whose message changes is another one", () => {
  const set = new ConditionSet("here");
  set.replace("a", [noPort]);
  set.replace("a", [{ ...noPort, message: "still no port" }]);
  expect(told).toEqual(["here raised NoPort", "here raised NoPort", "here cleared NoPort"]);
});

test("the list is the same one until something comes or goes", () => {
  const set = new ConditionSet("here");
  set.replace("a", [noPort]);
  const before = set.all;
  set.replace("a", [{ ...noPort }]);
  expect(set.all).toBe(before);
  set.replace("b", [withheld]);
  expect(set.all).not.toBe(before);
  expect(before).toEqual([noPort]);
});
