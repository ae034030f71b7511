import { seededRandom } from "@fleet/testkit";

import type { Workload } from "./peer.ts";

/** How many keys a workload walks over. */
export const keyCount = 1000;
/** How long each value is, in bytes. */
export const valueBytes = 64;
/** How many commands are under way at any time. */
export const inFlight = 100;

/**
 * The key with this number. Reads and writes have keys of their own, so that every reply to a read can be checked; the
 * twelve digits are what redis-benchmark puts in place of `__rand_int__`.
 */
export function keyOf(workload: Workload, index: number): string {
  return `${workload}:${String(index).padStart(12, "0")}`;
}

/** What stands at the key with this number: a reply to another key's caller would be noticed. */
export function valueOf(index: number): string {
  return String(index).padEnd(valueBytes, ".");
}

/** The numbers of all keys in an order that follows from the seed. */
export function shuffled(seed: number): readonly number[] {
  const random = seededRandom(seed);
  const numbers = Array.from({ length: keyCount }, (_, index) => index);
  for (let last = numbers.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [numbers[last], numbers[other]] = [numbers[other]!, numbers[last]!];
  }
  return numbers;
}
