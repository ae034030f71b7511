import { globSync, readFileSync } from "node:fs";

const folder = new URL("../../../src/protocol/lua/", import.meta.url);

/** The module that the files become: `sources.ts` beside them. */
export const modulePath: URL = new URL("sources.ts", folder);

/** Every `.lua` file by its name without the ending, in the order of the names. */
export function luaFiles(): ReadonlyMap<string, string> {
  const paths = globSync("**/*.lua", { cwd: folder.pathname }).toSorted();
  return new Map(
    paths.map((path) => [
      path.replaceAll("\\", "/").slice(0, -".lua".length),
      readFileSync(new URL(path, folder), "utf8"),
    ]),
  );
}

/** The text of that module. */
export function moduleOf(files: ReadonlyMap<string, string>): string {
  const names = [...files.keys()].map((name) => JSON.stringify(name));
  return [
    "// Generated from the .lua files of this folder by `pnpm --filter @fleet/backfill lua`; a test holds it against them.",
    "",
    "/** A file of this folder, without its ending. */",
    `export type LuaFile = ${names.join(" | ")};`,
    "",
    "export const sources: Readonly<Record<LuaFile, string>> = {",
    ...[...files].map(([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)},`),
    "};",
    "",
  ].join("\n");
}
