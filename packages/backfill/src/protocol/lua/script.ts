import { createHash } from "node:crypto";

import { type LuaFile, sources } from "./sources.ts";

/** A Lua script with what it includes, and what EVALSHA knows it by. */
export interface Script {
  readonly name: LuaFile;
  readonly text: string;
  readonly sha: string;
}

interface Line {
  readonly text: string;
  readonly file: LuaFile;
  /** In that file, from 1. */
  readonly number: number;
}

/** A line of this form stands for the file that it names. */
const include = /^--- @include (\S+)$/;

export function script(name: LuaFile): Script {
  const text = linesOf(name)
    .map((line) => line.text)
    .join("\n");
  return { name, text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Where in the files a line of the whole text stands: `turn/claim.lua:12`. @param number from 1. */
export function placeOf({ name }: Script, number: number): string | undefined {
  const line = linesOf(name)[number - 1];
  return line === undefined ? undefined : `${line.file}.lua:${line.number}`;
}

function linesOf(file: LuaFile): readonly Line[] {
  return sources[file].split("\n").flatMap((text, index) => {
    const included = include.exec(text)?.[1];
    return included === undefined ? [{ text, file, number: index + 1 }] : linesOf(included as LuaFile);
  });
}
