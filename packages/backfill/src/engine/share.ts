/**
 * The share of a full claim that a worker takes under pressure: all of it, then half, then a quarter, then nothing.
 *
 * @param pressure 0 to 1: how full what stands behind is.
 */
export function shareOf(pressure: number): number {
  if (pressure < 0.5) return 1;
  if (pressure < 0.75) return 0.5;
  return pressure < 0.9 ? 0.25 : 0;
}
