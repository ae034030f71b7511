import { assert, double, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";

import { backoff } from "../src/index.ts";

test("a delay lies between 0 and the doubled delay, and never above the longest", () => {
  assert(
    property(
      nat(100_000),
      integer({ min: 1, max: 10_000 }),
      integer({ min: 1, max: 1_000_000 }),
      double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, minMs, maxMs, fraction) => {
        const delay = backoff(attempt, { minMs, maxMs, random: () => fraction });
        expect(delay).toBe(fraction * Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30)));
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(maxMs);
      },
    ),
  );
});

test("the bound doubles with every failure", () => {
  const longest = [0, 1, 2, 3, 4].map((attempt) =>
    backoff(attempt, { minMs: 8, maxMs: 100, random: () => 1 }),
  );
  expect(longest).toEqual([8, 16, 32, 64, 100]);
});
