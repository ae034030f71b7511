import type { Measured } from "./rounds.ts";
import type { Comparison, Figures } from "./scenario.ts";
import { median, ratio, rounded, spread } from "./stats.ts";
import type { Spread } from "./stats.ts";

/** What `--json` writes for one scenario. */
export interface Result {
  readonly scenario: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly rows: readonly Row[];
  /** `"fleet/ioredis": 4.2`: ours over theirs, larger is better. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** The medians of one contestant's rounds; the unit of a figure stands at the end of its name. */
export type Row = { readonly name: string } & {
  readonly [figure: string]: number | string;
};

/** One row per contestant that did not fail. */
export function rowsOf({ rounds }: Measured): readonly Row[] {
  return [...rounds].map(([name, figures]) => {
    const opsPerSec = valuesOf(figures, "opsPerSec");
    if (opsPerSec === undefined) return { name, ...mediansOf(figures) };
    const { low, high } = spread(opsPerSec);
    return {
      name,
      ...mediansOf(figures),
      spreadLowOpsPerSec: rounded(low),
      spreadHighOpsPerSec: rounded(high),
    };
  });
}

/** Every ratio whose both sides have figures; nothing can be divided by zero. */
export function ratiosOf(
  { rounds }: Measured,
  comparisons: readonly Comparison[],
): ReadonlyMap<string, Spread> {
  const ratios = new Map<string, Spread>();
  for (const { ours, theirs, figure = "opsPerSec" } of comparisons) {
    for (const [label, row] of Object.entries(theirs)) {
      const [mine, other] = [ours, row].map((name) => valuesOf(rounds.get(name) ?? [], figure));
      if (mine !== undefined && other?.every((value) => value > 0))
        ratios.set(`${ours}/${label}`, ratio(mine, other));
    }
  }
  return ratios;
}

/** The ratios as plain numbers: their medians. */
export function plainRatios(ratios: ReadonlyMap<string, Spread>): Readonly<Record<string, number>> {
  return Object.fromEntries([...ratios].map(([name, { median }]) => [name, rounded(median)]));
}

/** The text of the file: a single scenario is an object, several are a list. */
export function jsonOf(results: readonly Result[]): string {
  return `${JSON.stringify(results.length === 1 ? results[0] : results, undefined, 2)}\n`;
}

/** One figure of all rounds; undefined where there is none. */
function valuesOf(figures: readonly Figures[], figure: string): readonly number[] | undefined {
  const values = figures.flatMap((round) => round[figure] ?? []);
  return values.length === 0 ? undefined : values;
}

function mediansOf(figures: readonly Figures[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.keys(figures[0]!).map((figure) => [
      figure,
      rounded(median(figures.map((round) => round[figure]!))),
    ]),
  );
}
