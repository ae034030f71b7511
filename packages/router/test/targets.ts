import type { Target } from "../src/index.ts";

/** A ready primary of its own instance in the group `g`, unless told otherwise. */
export function target(id: string, facts: Partial<Target> = {}): Target {
  return { id, instance: id, group: "g", role: "primary", state: "ready", reads: "primary", ...facts };
}

export function targets(count: number, facts: Partial<Target> = {}): Target[] {
  return Array.from({ length: count }, (_, index) => target(`t${index}`, facts));
}
