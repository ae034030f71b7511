import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Paths in the checkout, relative to it, sorted. */
export function paths(pattern: string | readonly string[]): readonly string[] {
  return globSync(pattern, {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "dist",
  }).toSorted();
}

/** The text of a file of the checkout. */
export function text(path: string): string {
  return readFileSync(`${root}/${path}`, "utf8");
}

/** The packages, by folder name. */
export const packages: readonly string[] = paths("packages/*/package.json").map(
  (path) => path.split("/")[1]!,
);

/** Those that are published. */
export const published: readonly string[] = packages.filter(
  (name) =>
    (JSON.parse(text(`packages/${name}/package.json`)) as { readonly private?: boolean }).private !== true,
);
