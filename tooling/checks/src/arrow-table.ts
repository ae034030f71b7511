import { text } from "./rooms.ts";

/** The folder of each package and app, and the names of those that it may import: the table under "Arrows" of docs/architecture.md. */
export function arrowTable(): ReadonlyMap<string, ReadonlySet<string>> {
  const section = text("docs/architecture.md").split("\n## Arrows\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| `(\w+)`\s*\|(.*)\|$/gm)];
  return new Map(
    rows.map(([, from, targets]) => [
      from!,
      new Set([...targets!.matchAll(/`(\w+)`/g)].map(([, name]) => name!)),
    ]),
  );
}
