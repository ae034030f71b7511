import { assert, bigInt, property } from "fast-check";
import { expect, test } from "vitest";

import { compareVersions } from "../../../src/kubernetes/reflector/resource-version.ts";

test("versions are compared as the numbers they are, however large", () => {
  const version = bigInt({ min: 1n, max: 2n ** 80n });
  assert(
    property(version, version, (one, other) => {
      const order = compareVersions(String(one), String(other))!;
      expect(Math.sign(order)).toBe(one === other ? 0 : one > other ? 1 : -1);
    }),
  );
});

test("what is no number can only be the same", () => {
  expect(compareVersions("abc", "abc")).toBe(0);
  for (const odd of ["abc", "", "0", "007", "1.5", "-3", "1e3"]) {
    expect(compareVersions(odd, "7")).toBeUndefined();
    expect(compareVersions("7", odd)).toBeUndefined();
  }
});
