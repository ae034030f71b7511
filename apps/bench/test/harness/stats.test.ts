import { describe, expect, test } from "vitest";

import { median, ratio, rounded, spread } from "../../src/harness/stats.ts";

describe("the median", () => {
  test("is the middle of an odd count, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test("is between the two in the middle of an even count", () => {
    expect(median([10, 1, 4, 2])).toBe(3);
  });

  test("sorts numbers, not their texts", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  test("of nothing is refused", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

test("the spread has the two ends, and the values stay in their order", () => {
  const values = [3, 1, 2];
  expect(spread(values)).toEqual({ median: 2, low: 1, high: 3 });
  expect(values).toEqual([3, 1, 2]);
});

describe("a ratio", () => {
  test("is ours over theirs, round by round, so that a slow moment of the machine cancels out", () => {
    expect(ratio([400, 40, 400], [100, 10, 100])).toEqual({ median: 4, low: 4, high: 4 });
  });

  test("compares as many rounds of ours as of theirs", () => {
    expect(() => ratio([1, 2], [1])).toThrow("2 rounds of ours against 1 of theirs");
  });
});

test("figures are rounded to what they are worth", () => {
  expect(rounded(0.123_456)).toBe(0.1235);
  expect(rounded(12.3456)).toBe(12.35);
  expect(rounded(1_234_567.8)).toBe(1_234_568);
  expect(rounded(0)).toBe(0);
});
