import { dirname, normalize } from "node:path";

import { importsOf } from "./imports.ts";

/** Each file that imports itself by way of others, type imports included, with the way. */
export function fileCircles(files: readonly string[]): readonly string[] {
  const next = new Map(files.map((path) => [path, targetsOf(path)]));
  return files.flatMap((path) => {
    const way = wayBack(path, next);
    return way === undefined ? [] : [way.join(" -> ")];
  });
}

function targetsOf(path: string): readonly string[] {
  return importsOf(path)
    .filter(({ from }) => from.startsWith("."))
    .map(({ from }) => normalize(`${dirname(path)}/${from}`));
}

/** The shortest way from a file to itself. */
function wayBack(start: string, next: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const target of next.get(way.at(-1)!) ?? []) {
      if (target === start) return [...way, target];
      if (seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return undefined;
}
