import type { Module, Node } from "../modules.ts";

/** A doc comment: its text, and its tags in their order. */
export interface Docblock {
  /** What stands before the first tag, one paragraph a line. */
  readonly text: string;
  readonly tags: readonly Tag[];
}

export interface Tag {
  /** Without the `@`. */
  readonly name: string;
  readonly text: string;
}

const empty: Docblock = { text: "", tags: [] };

/** The doc comment right before a declaration or a member; an empty one where there is none. */
export function docOf({ source, docs }: Module, node: Node): Docblock {
  const start = Number(node["start"]);
  const before = /(?:export\s+)?(?:declare\s+|abstract\s+)*(?:const\s+)?$/.exec(source.slice(0, start));
  const comment = docs.get(start) ?? docs.get(before?.index ?? start);
  return comment === undefined ? empty : parseDocblock(comment);
}

/** @param comment what stands between the slash-asterisk and the asterisk-slash. */
export function parseDocblock(comment: string): Docblock {
  const lines = comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, "").trimEnd())
    .join("\n");
  // A tag begins a line, or follows a sentence on the same line.
  const [text = "", ...tags] = lines.split(/(?:^|\n|\s)@(?=[a-z]+(?:\s|$))/);
  return {
    text: joined(text),
    tags: tags.map((tag) => {
      const [name = ""] = /^[a-z]+/.exec(tag) ?? [];
      return { name, text: joined(tag.slice(name.length)) };
    }),
  };
}

/** Lines of a paragraph become one line; a blank line still separates paragraphs. */
function joined(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n\s*/g, " "))
    .join("\n");
}
