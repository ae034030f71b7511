import { dirname, normalize } from "node:path";

import { importsOf } from "./imports.ts";

/** An import that leads from one folder of a package into another. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The file that imports, and what it imports. */
  readonly by: string;
}

/**
 * The imports between folders of one package that run against each other, type imports included: each line is one import that
 * is part of a circle of folders.
 *
 * @param files of one package, from the root of the checkout.
 * @param entries the folders that are left out: the package's `src` and those of its other entries, which compose the
 *   folders below them, and hold what all of these share.
 */
export function folderCircles(files: readonly string[], entries: ReadonlySet<string>): readonly string[] {
  const arrows = files.flatMap((path) => arrowsOf(path, entries));
  const next = Map.groupBy(arrows, ({ from }) => from);
  return arrows
    .filter(({ from, to }) => reaches(to, from, next))
    .map(({ from, to, by }) => `${from} -> ${to}: ${by}`);
}

function arrowsOf(path: string, entries: ReadonlySet<string>): readonly Arrow[] {
  const from = dirname(path);
  if (entries.has(from)) return [];
  return importsOf(path)
    .filter((each) => each.from.startsWith("."))
    .map((each) => ({
      from,
      to: dirname(normalize(`${from}/${each.from}`)),
      by: `${path} imports ${each.from}`,
    }))
    .filter(({ to }) => from !== to && !entries.has(to));
}

function reaches(start: string, end: string, next: ReadonlyMap<string, readonly Arrow[]>): boolean {
  const seen = new Set([start]);
  for (const folder of seen) {
    if (folder === end) return true;
    for (const { to } of next.get(folder) ?? []) seen.add(to);
  }
  return false;
}
