import { expect, test } from "vitest";

import { nearest } from "../src/index.ts";

const names = ["timeoutMs", "retries", "pool.exclusive.maxAgeMs", "OPERATION_TIMEOUT", "CONNECTION_TIMEOUT"];

test.for([
  ["timeout", "timeoutMs"],
  ["timeoutMS", "timeoutMs"],
  ["retrys", "retries"],
  ["TIMEOUT_OPERATION", "OPERATION_TIMEOUT"],
  ["colour", undefined],
  ["", undefined],
] as const)("%j means %j", ([given, expected]) => {
  expect(nearest(given, names)).toBe(expected);
});

test("where there are no names, none is meant", () => {
  expect(nearest("x", [])).toBeUndefined();
});
