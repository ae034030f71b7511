import type { Row } from "./result.ts";
import type { Comparison } from "./scenario.ts";
import type { Spread } from "./stats.ts";

const spreadFigures = ["spreadLowOpsPerSec", "spreadHighOpsPerSec"];

/** One comparison as lines to print: ours first, then theirs, each with the ratio of ours to it. */
export function tableOf(
  { title, ours, theirs, figure: compared = "opsPerSec" }: Comparison,
  rows: readonly Row[],
  ratios: ReadonlyMap<string, Spread>,
): string {
  const labels = new Map([
    [ours, undefined],
    ...Object.entries(theirs).map(([label, row]) => [row, label] as const),
  ]);
  const shown = [...labels.keys()].flatMap((name) => rows.filter((row) => row.name === name));
  const figures = [...new Set(shown.flatMap((row) => Object.keys(row)))].filter(
    (figure) => figure !== "name" && figure !== compared && !spreadFigures.includes(figure),
  );
  const spreads = compared === "opsPerSec" ? ["lowest..highest"] : [];
  const cells = [
    ["", compared, ...spreads, ...figures, `${ours}/this`, "lowest..highest"],
    ...shown.map((row) => {
      const ratio = ratios.get(`${ours}/${labels.get(row.name)}`);
      return [
        row.name,
        readable(row[compared]),
        ...spreads.map(() => spreadFigures.map((figure) => readable(row[figure])).join("..")),
        ...figures.map((figure) => readable(row[figure])),
        ratio === undefined ? "" : ratio.median.toFixed(2),
        ratio === undefined ? "" : `${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)}`,
      ];
    }),
  ];
  return `${title}\n${aligned(cells)}`;
}

/** Columns under each other: the first to the left, all others to the right. */
export function aligned(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function readable(value: string | number | undefined): string {
  if (value === undefined) return "-";
  return typeof value === "number"
    ? value.toLocaleString("en-US", { maximumSignificantDigits: value >= 1000 ? 21 : 3 })
    : value;
}
