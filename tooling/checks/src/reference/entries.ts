import { text } from "../checkout.ts";

/** The entries of a package: what a program imports, and the source of it. */
export function entriesOf(folder: string): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(text(`packages/${folder}/package.json`)) as {
    readonly exports: Readonly<Record<string, string | { readonly "@fleet/source"?: string }>>;
  };
  return new Map(
    Object.entries(exports).flatMap(([entry, target]) => {
      const source = typeof target === "string" ? undefined : target["@fleet/source"];
      return source === undefined ? [] : [[entry, `packages/${folder}/${source.slice("./".length)}`]];
    }),
  );
}
