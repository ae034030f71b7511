import type { Candidate, Choice, RoutingPolicy } from "../routing-policy.ts";

/** Up to here every candidate is looked at; above, two of them: the cost of a pick stays below a microsecond. */
const scanLimit = 32;
/** Pairs drawn before giving up on luck when most candidates are not usable. */
const draws = 8;

/**
 * Fewest calls in flight; between equals the lower expected latency; between equals chance.
 *
 * In flight alone is blind when many gateways share a fleet (each sees mostly zero), latency alone overreacts to a
 * short stall; in this order they cover each other. Above 32 candidates the better of two distinct random ones.
 */
export function leastRequests(): RoutingPolicy {
  // Indexes of the best so far; reused by every choice, because choices never overlap.
  const best: number[] = [];
  return {
    name: "least-requests",
    choose: (choice) =>
      choice.candidates.length <= scanLimit ? leastOfAll(choice, best) : leastOfTwo(choice, best),
  };
}

function leastOfAll(choice: Choice, best: number[]): number {
  const { candidates, now } = choice;
  let equals = 0;
  let leastInFlight = Number.POSITIVE_INFINITY;
  let leastLatency = 0;
  for (let index = 0; index < candidates.length; index += 1) {
    const candidate = candidates[index] as Candidate;
    const { inFlight } = candidate;
    if (inFlight > leastInFlight) continue;
    const latency = candidate.latencyMs(now);
    const better = inFlight < leastInFlight || latency < leastLatency;
    if ((!better && latency > leastLatency) || !choice.usable(index)) continue;
    if (better) {
      leastInFlight = inFlight;
      leastLatency = latency;
      equals = 0;
    }
    best[equals] = index;
    equals += 1;
  }
  if (equals < 2) return equals === 0 ? -1 : (best[0] as number);
  return best[Math.floor(choice.random() * equals)] as number;
}

function leastOfTwo(choice: Choice, best: number[]): number {
  const count = choice.candidates.length;
  for (let draw = 0; draw < draws; draw += 1) {
    const first = Math.floor(choice.random() * count);
    let second = Math.floor(choice.random() * (count - 1));
    // Drawn from the others: a pair with repetition would let a busy target win against itself.
    if (second >= first) second += 1;
    if (!choice.usable(first)) {
      if (choice.usable(second)) return second;
      continue;
    }
    if (!choice.usable(second)) return first;
    return better(choice, first, second);
  }
  return leastOfAll(choice, best);
}

function better({ candidates, now }: Choice, first: number, second: number): number {
  const one = candidates[first] as Candidate;
  const other = candidates[second] as Candidate;
  if (one.inFlight !== other.inFlight) return one.inFlight < other.inFlight ? first : second;
  // Equal twice: the first, which is as random as a third draw, because the pair is drawn in random order.
  return other.latencyMs(now) < one.latencyMs(now) ? second : first;
}
