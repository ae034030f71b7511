import { text } from "./checkout.ts";

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

/** The folders below `src` that the table under "Folders" of docs/architecture.md describes, by package or app. */
export function folderTable(): ReadonlyMap<string, readonly string[]> {
  const section = text("docs/architecture.md").split("\n## Folders\n")[1]?.split("\n## ")[0] ?? "";
  const found = new Map<string, string[]>();
  let owner = "";
  for (const [, name, folders] of section.matchAll(/^\|\s*(?:`(\w+)`)?\s*\|(.*`.*)\|$/gm)) {
    owner = name ?? owner;
    const named = [...folders!.matchAll(/`([\w/]+)\/`/g)].map(([, folder]) => folder!);
    found.set(owner, [...(found.get(owner) ?? []), ...named]);
  }
  return found;
}
