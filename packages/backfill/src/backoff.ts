/**
 * Full jitter: anything from 0 to the doubled delay, so that those who failed together do not come back together (AWS
 * Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param attempt failures so far without a success, from 0.
 */
export function backoff(attempt: number, minMs: number, maxMs: number, random: () => number): number {
  return random() * Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
}
