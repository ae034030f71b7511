/** Upper limits of chi-square at alpha = 0.001 by degrees of freedom. */
const limits: Readonly<Record<number, number>> = {
  1: 10.83,
  2: 13.82,
  3: 16.27,
  4: 18.47,
  9: 27.88,
  63: 103.44,
};

/** How far counts are from equal shares, as a part of what chance explains in 999 of 1000 cases: below 1 is fair. */
export function unfairness(counts: readonly number[]): number {
  if (counts.length < 2) return 0;
  const limit = limits[counts.length - 1];
  if (limit === undefined) throw new RangeError(`no limit for ${counts.length} counts`);
  let total = 0;
  for (const count of counts) total += count;
  const expected = total / counts.length;
  let chiSquare = 0;
  for (const count of counts) chiSquare += (count - expected) ** 2 / expected;
  return chiSquare / limit;
}
