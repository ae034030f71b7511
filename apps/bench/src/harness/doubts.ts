import type { Row } from "./result.ts";
import type { Spread } from "./stats.ts";

const leastBusyPercent = 90;
const mostTimesApart = 1.5;

/** Reasons not to quote what was measured: one line for each. */
export function doubts(rows: readonly Row[], ratios: ReadonlyMap<string, Spread>): readonly string[] {
  const starved = rows.filter((row) => Number(row["serverBusyPercent"] ?? 100) < leastBusyPercent);
  const wide = [...ratios].filter(([, { low, high }]) => high > low * mostTimesApart);
  return [
    ...(starved.length === 0
      ? []
      : [
          `${starved.map(({ name }) => name).join(", ")} had less than ${leastBusyPercent} % of its core: not its limit; compare serverCpuUsPerRequest`,
        ]),
    ...(wide.length === 0
      ? []
      : [
          `${wide.map(([name]) => name).join(", ")} differs by more than ${mostTimesApart} times between rounds: the machine is not quiet, or the rounds are too short`,
        ]),
  ];
}
