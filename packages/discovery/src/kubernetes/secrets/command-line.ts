import type { ContainerLike } from "./pod-spec.ts";

/** A word of a command line. */
export interface Word {
  readonly text: string;
  /** Whether a shell puts variables in; the kubelet puts in `$(NAME)` everywhere. */
  readonly isShell: boolean;
}

/** Variables whose text the image adds to the arguments of its server. */
const additions =
  /^(?:REDIS|VALKEY|KEYDB|FALKORDB|DRAGONFLY|DFLY)(?:_\w+)?_(?:ARGS|FLAGS|OPTS|OPTIONS)$|^(?:REDIS|VALKEY)_(?:ARGS|FLAGS)$/;
const shell = /(?:^|\/)(?:ba|da|a|k|z)?sh$/;

/** The command line of a container in words, an empty argument being one too, with what its image adds from variables. */
export function wordsOf(
  { command = [], args = [], env = [] }: ContainerLike,
  which: "command" | "all" = "all",
): readonly Word[] {
  const elements = [...command, ...args];
  const words = elements.flatMap((element, index): readonly Word[] => {
    const isScript =
      /^-\w*c$/.test(elements[index - 1] ?? "") && elements.slice(0, index).some((one) => shell.test(one));
    if (isScript) return shellWords(element, true);
    const isValue = /^--[^\s=]+$/.test(elements[index - 1] ?? "");
    if (!/\s/.test(element) || (isValue && !element.startsWith("--")))
      return [{ text: element, isShell: false }];
    return shellWords(element, false);
  });
  if (which === "command") return words;
  const added = env.filter(({ name = "" }) => additions.test(name));
  return [...words, ...added.flatMap(({ value = "" }) => shellWords(value, false))];
}

const piece =
  /(?:\\\r?\n|[^\S\n])+|[;&|\n]+|'([^']*)'|"((?:[^"\\$`]|\\[\s\S]|\$\([^)]*\)|\$\{[^}]*\}|\$|`[^`]*`)*)"|(\$\([^)]*\)|\$\{[^}]*\}|`[^`]*`|\\[^\n]|[^\s;&|'"])/g;

function shellWords(script: string, isShell: boolean): readonly Word[] {
  const words: { text: string; isShell: boolean }[] = [];
  let word: { text: string; isShell: boolean } | undefined;
  for (const [whole, single, double, bare] of script.matchAll(piece)) {
    const part = single ?? double ?? bare;
    if (part === undefined) {
      word = undefined;
      if (/[;&|\n]/.test(whole) && !/\\\r?\n/.test(whole)) words.push({ text: ";", isShell });
      continue;
    }
    if (word === undefined) words.push((word = { text: "", isShell }));
    if (single !== undefined) word.isShell = false;
    word.text += double !== undefined || bare !== undefined ? part.replace(/\\(["\\$`])/g, "$1") : part;
  }
  return words;
}

/**
 * What an option is set to, the last one where it is there more than once; undefined where it is not there. Also as a line of a
 * configuration that a script writes.
 */
export function optionIn(words: readonly Word[], option: string): Word | undefined {
  const alone = new RegExp(`^(?:--)?${option}$`, "i");
  const line = new RegExp(
    `(?:^|\\n|\\\\n)[ \\t]*(?:--)?${option}(?:[ \\t]+|=)([^\\n]*?)[ \\t]*(?=$|\\n|\\\\n)`,
    "gi",
  );
  let found: Word | undefined;
  for (const [index, word] of words.entries()) {
    if (alone.test(word.text)) {
      const next = words[index + 1];
      const isNone = next === undefined || (next.text.startsWith("--") && !next.text.includes(" "));
      found = isNone || next.text === ";" ? { text: "", isShell: false } : next;
      continue;
    }
    for (const [, value = ""] of word.text.matchAll(line))
      found = { text: value.replace(/^(["'])(.*)\1$/, "$2"), isShell: word.isShell };
  }
  return found;
}

/** What a word is made from. */
export type Meaning =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "variable"; readonly name: string; readonly text?: string }
  | { readonly is: "file"; readonly path: string }
  | { readonly is: "unknown" };

/** `$(NAME)`, `${NAME:?why}`, `$(cat /path)`, or text in clear; `$$` is how the kubelet is given a `$`. */
export function meaningOf({ text, isShell }: Word): Meaning {
  const file =
    /^(?:\$\((?:\s*cat\s+|\s*<\s*)["']?([^\s"')]+)["']?\s*\)|`\s*cat\s+["']?([^\s"'`]+)["']?\s*`)$/.exec(
      text,
    );
  const path = file?.[1] ?? file?.[2];
  if (path !== undefined) return { is: "file", path };
  const kubelet = /^\$\((\w+)\)$/.exec(text)?.[1];
  if (kubelet !== undefined) return { is: "variable", name: kubelet };
  const [, braced, otherwise, plain] = /^\$(?:\{(\w+)(?::?[-?]([^}]*))?\}|(\w+))$/.exec(text) ?? [];
  const name = braced ?? plain;
  if (name !== undefined) {
    if (!isShell) return { is: "variable", name, text };
    return { is: "variable", name, ...(text.includes("-") && otherwise && { text: otherwise }) };
  }
  const rest = text.replaceAll("$$", "");
  if (isShell ? /[$`]/.test(rest) : /\$\(\w+\)/.test(rest)) return { is: "unknown" };
  return { is: "text", text: text.replaceAll("$$", "$") };
}
