import type { Candidate, Choice, RoutingPolicy } from "./routing-policy.ts";

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
  return { name: "least-requests", choose };
}

function choose(choice: Choice): number {
  return choice.candidates.length <= scanLimit ? leastOfAll(choice) : leastOfTwo(choice);
}

function leastOfAll(choice: Choice): number {
  const { candidates, now } = choice;
  let best = -1;
  let bestInFlight = Number.POSITIVE_INFINITY;
  let bestLatency = -1; // not asked yet: it costs, and matters only between equals
  let equals = 1;
  for (let index = 0; index < candidates.length; index += 1) {
    const candidate = candidates[index] as Candidate;
    const { inFlight } = candidate;
    if (inFlight > bestInFlight || !choice.usable(index)) continue;
    if (inFlight < bestInFlight) {
      best = index;
      bestInFlight = inFlight;
      bestLatency = -1;
      equals = 1;
      continue;
    }
    if (bestLatency < 0) bestLatency = (candidates[best] as Candidate).latencyMs(now);
    const latency = candidate.latencyMs(now);
    if (latency > bestLatency) continue;
    if (latency < bestLatency) {
      best = index;
      bestLatency = latency;
      equals = 1;
      continue;
    }
    // Reservoir of one: each of k equals ends up chosen with 1/k, with a fresh draw each time.
    equals += 1;
    if (choice.random() * equals < 1) best = index;
  }
  return best;
}

function leastOfTwo(choice: Choice): number {
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
  return leastOfAll(choice);
}

function better({ candidates, now }: Choice, first: number, second: number): number {
  const one = candidates[first] as Candidate;
  const other = candidates[second] as Candidate;
  if (one.inFlight !== other.inFlight) return one.inFlight < other.inFlight ? first : second;
  // Equal twice: the first, which is as random as a third draw, because the pair is drawn in random order.
  return other.latencyMs(now) < one.latencyMs(now) ? second : first;
}
