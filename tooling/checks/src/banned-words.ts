import { parseSync } from "oxc-parser";

import { paths, text } from "./checkout.ts";

/** A row of the table under "Words that are not used" of docs/dictionary.md. */
export interface BannedWord {
  readonly word: string;
  readonly instead: string;
  /** `names`: the end of an identifier. `text`: comments and pages. */
  readonly place: "names" | "text";
  /** Folders in which the word is a term of the field. */
  readonly allowedIn: readonly string[];
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly word: string;
}

/** The list that docs/dictionary.md has. */
export function bannedWords(page: string = text("docs/dictionary.md")): readonly BannedWord[] {
  const section = page.split("\n## Words that are not used\n")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| (`.+?) *\| (.+?) *\| (names|text) *\|(.*)\|$/gm)];
  return rows.flatMap(([, words, instead, place, allowed]) =>
    [...words!.matchAll(/`([^`]+)`/g)].map(([, word]) => ({
      word: word!,
      instead: instead!,
      place: place as BannedWord["place"],
      allowedIn: [...allowed!.matchAll(/`([^`]+)`/g)].map(([, folder]) => folder!),
    })),
  );
}

/** Sources and pages, without tests, and without what is generated. */
export function wordPaths(): readonly string[] {
  return paths([
    "*.md",
    "docs/**/*.md",
    "{packages,apps,tooling}/*/README.md",
    "{packages,apps,tooling}/*/src/**/*.ts",
    "apps/*/{local,e2e}/**/*.ts",
    "tooling/vitest/*.ts",
  ]).filter((path) => !path.startsWith("docs/reference/"));
}

/** Where a file has words that the dictionary does not allow. */
export function findingsIn(path: string, source: string, banned: readonly BannedWord[]): readonly Finding[] {
  const isCode = path.endsWith(".ts");
  const prose = isCode ? commentsOf(path, source) : proseOf(source);
  const names = isCode ? withoutCommentsAndStrings(path, source) : "";
  return banned
    .filter(({ allowedIn }) => !allowedIn.some((folder) => path.startsWith(folder)))
    .flatMap(({ word, place }) => {
      const [where, pattern] =
        place === "names"
          ? [names, new RegExp(`${word}s?(?![A-Za-z0-9])`, "g")]
          : [prose, new RegExp(`(?<![\\w-])${word}(?![\\w-])`, "gi")];
      return [...where.matchAll(pattern)].map(({ index }) => ({
        path,
        line: where.slice(0, index).split("\n").length,
        word,
      }));
    });
}

/** The same text with everything but comments blank; code in backticks is code. */
function commentsOf(path: string, source: string): string {
  const { comments } = parseSync(path, source);
  let kept = blank(source);
  for (const { start, end } of comments)
    kept = kept.slice(0, start) + source.slice(start, end) + kept.slice(end);
  return withoutInlineCode(kept);
}

function withoutCommentsAndStrings(path: string, source: string): string {
  const { comments } = parseSync(path, source);
  let kept = source;
  for (const { start, end } of comments)
    kept = kept.slice(0, start) + blank(kept.slice(start, end)) + kept.slice(end);
  return kept.replaceAll(/(["'`])(?:\\.|(?!\1)[^\\])*\1/gs, blank);
}

/** A page without its tables of words, its code and its link targets. */
function proseOf(page: string): string {
  const list = /\n## Words that are not used\n[\s\S]*?(?=\n## |$)/;
  return withoutInlineCode(page.replace(list, blank).replaceAll(/^```[\s\S]*?^```/gm, blank)).replaceAll(
    /\]\([^)]*\)/g,
    blank,
  );
}

function withoutInlineCode(prose: string): string {
  return prose.replaceAll(/`[^`\n]*`/g, blank);
}

function blank(part: string): string {
  return part.replaceAll(/[^\n]/g, " ");
}

/** The folder that a file counts for: a package, an app, `docs`, or the root. */
export function ownerOf(path: string): string {
  const [first, second] = path.split("/");
  if (first === "docs") return "docs";
  return second === undefined ? "." : `${first}/${second}`;
}
