import type { Choice, RoutingPolicy } from "../routing-policy.ts";

/**
 * Each in turn. It walks the stable list and skips what is not usable; counting over the filtered list instead would
 * give the neighbours of a flapping member different shares.
 */
export function roundRobin(): RoutingPolicy {
  return { name: "round-robin", choose: nextUsable };
}

function nextUsable(choice: Choice): number {
  const count = choice.candidates.length;
  let index = choice.next;
  for (let step = 0; step < count; step += 1) {
    if (index >= count) index = 0;
    if (choice.usable(index)) return index;
    index += 1;
  }
  return -1;
}
