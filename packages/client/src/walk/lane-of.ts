import type { Lane, ScopedCommand } from "@fleet/isolation";

/** The lane that a command goes over: a large reply never stands in front of small ones. */
export function laneOf({ lane, cost }: Pick<ScopedCommand, "lane" | "cost">): Lane {
  return cost === "heavy" ? "bulk" : lane;
}
