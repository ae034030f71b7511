export function heading(level: number, title: string): string {
  return `${"#".repeat(level)} ${title}`;
}

/** A table without the columns that have nothing to say. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = head.map((_title, column) => rows.some((row) => row[column] !== "-"));
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .filter((_cell, column) => kept[column])
      .map(cell)
      .join(" | ")} |`;
  return [
    line(head),
    `| ${kept
      .filter(Boolean)
      .map(() => "---")
      .join(" | ")} |`,
    ...rows.map(line),
  ].join("\n");
}

function cell(value: string): string {
  return value.replaceAll("|", String.raw`\|`).replaceAll(/\s*\n\s*/g, " ");
}
