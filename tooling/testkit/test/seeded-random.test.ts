import { expect, test } from "vitest";

import { seededRandom } from "../src/index.ts";

const draw = (seed: number, times: number): readonly number[] =>
  Array.from({ length: times }, seededRandom(seed));

test("the same seed gives the same numbers, another seed others", () => {
  expect(draw(7, 100)).toEqual(draw(7, 100));
  expect(draw(7, 5)).not.toEqual(draw(8, 5));
});

test("the numbers are in [0, 1) and evenly spread", () => {
  const numbers = draw(42, 20_000);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (const number of numbers) buckets[Math.floor(number * 10)]! += 1;
  const chiSquare = buckets.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  // 9 degrees of freedom: 27.9 is the 0.1 % point.
  expect(chiSquare).toBeLessThan(27.9);
});

test("the sequence stays what it is, so that a recorded seed replays for ever", () => {
  expect(draw(1, 3).map((number) => number.toFixed(6))).toMatchInlineSnapshot(`
    [
      "0.627074",
      "0.002736",
      "0.527447",
    ]
  `);
});
