import { follow, moduleOf } from "../modules.ts";
import type { Module, Node } from "../modules.ts";
import { docOf, parseDocblock } from "./docblock.ts";
import type { Docblock, Tag } from "./docblock.ts";

/** One code, and what its doc comments say of it. */
export interface ErrorCode {
  readonly code: string;
  /** None for a code that an answer carries and no class has. */
  readonly className: string | undefined;
  /** What happened. Empty where nothing says so. */
  readonly meaning: string;
  /** As in the class: `not-sent`, `unknown`; none for an error that no call ends with. */
  readonly outcomes: readonly string[];
  /** Whether calling again helps. Empty where nothing says so. */
  readonly retry: string;
  /** What to do about it. Empty where nothing says so. */
  readonly remedy: string;
}

/**
 * The codes that the files of a package define. The tags `@retry` and `@remedy` stand in the doc comment of the property `code`; where one
 * class has several codes, or no class has it, `@code NAME meaning` begins the part of each.
 */
export function errorCodes(paths: readonly string[]): readonly ErrorCode[] {
  const found = new Map<string, ErrorCode>();
  for (const path of paths)
    for (const [name, node] of moduleOf(path).declared)
      if (node.type === "ClassDeclaration")
        for (const each of codesOfClass(path, name, node)) found.set(each.code, each);
  for (const path of paths)
    for (const comment of moduleOf(path).docs.values())
      for (const section of sectionsOf([parseDocblock(comment)]))
        if (!found.has(section.code)) found.set(section.code, { ...section, className: undefined });
  return [...found.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

type Section = Omit<ErrorCode, "className">;

function codesOfClass(path: string, className: string, node: Node): readonly ErrorCode[] {
  const module = moduleOf(path);
  const code = memberOf(node, "code");
  if (code === undefined) return [];
  const { literals, docs } = literalsOf(path, code);
  const comments = [docOf(module, code), ...docs, docOf(module, node)];
  const sections = new Map(sectionsOf(comments).map((section) => [section.code, section]));
  const outcomes = outcomesOf(path, node);
  const general: Section = {
    code: "",
    meaning: comments.find(({ text }) => text !== "")?.text ?? "",
    outcomes,
    retry: tagOf(comments, "retry"),
    remedy: tagOf(comments, "remedy"),
  };
  return literals.map((literal) => {
    const section = sections.get(literal) ?? (literals.length === 1 ? general : undefined);
    return {
      ...(section ?? { ...general, meaning: "", retry: "", remedy: "" }),
      ...(section !== undefined && section.outcomes.length > 0 ? {} : { outcomes }),
      code: literal,
      className,
    };
  });
}

function tagOf(comments: readonly Docblock[], name: string): string {
  return comments.flatMap(({ tags }) => tags).find((tag) => tag.name === name)?.text ?? "";
}

/** The parts that begin with `@code NAME`. */
function sectionsOf(comments: readonly Docblock[]): readonly Section[] {
  return comments.flatMap(({ tags }) => {
    const starts = tags.flatMap(({ name }, index) => (name === "code" ? [index] : []));
    return starts.map((start, index) => {
      const part = tags.slice(start, starts[index + 1]);
      const of = (name: string): string => part.find((tag: Tag) => tag.name === name)?.text ?? "";
      const [code = "", ...words] = of("code").split(" ");
      return {
        code,
        meaning: words.join(" "),
        outcomes: of("outcome") === "" ? [] : of("outcome").split(/,? or |, /),
        retry: of("retry"),
        remedy: of("remedy"),
      };
    });
  });
}

function memberOf(node: Node, name: string): Node | undefined {
  const body = node["body"] as Node;
  return (body["body"] as readonly Node[]).find(
    (member) =>
      (member.type === "PropertyDefinition" || member.type === "TSPropertySignature") &&
      (member["key"] as Node)["name"] === name,
  );
}

/** What the outcome of a class can be, its superclass's where it has none of its own. */
function outcomesOf(path: string, node: Node): readonly string[] {
  const own = memberOf(node, "outcome");
  if (own !== undefined) return literalsOf(path, own).literals;
  const parent = (node["superClass"] as Node | null)?.["name"];
  if (typeof parent !== "string") return [];
  const origin = originOf(path, parent);
  return origin === undefined ? [] : outcomesOf(origin.path, origin.node);
}

/** The strings that a property can have: those of its type, or its value; and the comments of aliases on the way. */
function literalsOf(path: string, property: Node): Literals {
  const value = property["value"] as Node | null | undefined;
  const annotation = property["typeAnnotation"] as Node | null | undefined;
  if (annotation) return ofType(path, annotation["typeAnnotation"] as Node);
  return { literals: value?.type === "Literal" ? [String(value["value"])] : [], docs: [] };
}

interface Literals {
  readonly literals: readonly string[];
  readonly docs: readonly Docblock[];
}

function ofType(path: string, type: Node): Literals {
  if (type.type === "TSLiteralType")
    return { literals: [String((type["literal"] as Node)["value"])], docs: [] };
  if (type.type === "TSUnionType") {
    const parts = (type["types"] as readonly Node[]).map((each) => ofType(path, each));
    return { literals: parts.flatMap(({ literals }) => literals), docs: parts.flatMap(({ docs }) => docs) };
  }
  if (type.type === "TSIndexedAccessType") {
    const origin = originOf(path, String(((type["objectType"] as Node)["typeName"] as Node)["name"]));
    const key = ((type["indexType"] as Node)["literal"] as Node)["value"];
    const member = origin === undefined ? undefined : memberOf(origin.node, String(key));
    if (origin === undefined || member === undefined) return { literals: [], docs: [] };
    const { literals, docs } = literalsOf(origin.path, member);
    return { literals, docs: [docOf(origin.module, member), ...docs] };
  }
  if (type.type !== "TSTypeReference") return { literals: [], docs: [] };
  const origin = originOf(path, String((type["typeName"] as Node)["name"]));
  if (origin === undefined || origin.node.type !== "TSTypeAliasDeclaration")
    return { literals: [], docs: [] };
  const { literals, docs } = ofType(origin.path, origin.node["typeAnnotation"] as Node);
  return { literals, docs: [docOf(origin.module, origin.node), ...docs] };
}

interface Found {
  readonly path: string;
  readonly module: Module;
  readonly node: Node;
}

function originOf(path: string, name: string): Found | undefined {
  const { declared, imported } = moduleOf(path);
  const origin = declared.has(name) ? { from: path, name } : imported.get(name);
  if (origin === undefined) return undefined;
  const end = declared.has(name) ? origin : follow(origin);
  if (!end.from.endsWith(".ts")) return undefined;
  const node = moduleOf(end.from).declared.get(end.name);
  return node === undefined ? undefined : { path: end.from, module: moduleOf(end.from), node };
}
