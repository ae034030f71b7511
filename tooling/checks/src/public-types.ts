import { posix } from "node:path";

import { parseSync } from "oxc-parser";

import { text } from "./rooms.ts";

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Where a name comes from: a file of the checkout, or another package. */
interface Origin {
  readonly from: string;
  readonly name: string;
}

interface Module {
  /** Exported as types: nobody outside constructs them. */
  readonly typesOnly: ReadonlySet<string>;
  /** Where members begin that are marked `@internal`. */
  readonly internal: ReadonlySet<number>;
  readonly declared: ReadonlyMap<string, Node>;
  readonly imported: ReadonlyMap<string, Origin>;
  readonly exported: ReadonlyMap<string, Origin>;
}

const modules = new Map<string, Module>();

/** A type that a program cannot name although something exported speaks of it. */
export interface Missing extends Origin {
  readonly entry: string;
  /** What is exported and speaks of it. */
  readonly by: string;
}

/**
 * The types in the public signatures of a package that none of its entries exports; of a neighbour too, since a program that installed
 * only this package cannot import them from there. An alias that its file keeps to itself counts as written out.
 *
 * @param entries paths of the entries' sources.
 */
export function missingTypes(entries: readonly string[]): readonly Missing[] {
  const published = new Map<string, Origin & { readonly entry: string; readonly isConstructed: boolean }>();
  for (const entry of entries)
    for (const [name, origin] of moduleOf(entry).exported) {
      const found = follow(origin);
      published.set(keyOf(found), { ...found, entry, isConstructed: !moduleOf(entry).typesOnly.has(name) });
    }
  const missing = new Map<string, Missing>();
  for (const { from, name, entry, isConstructed } of published.values()) {
    const seen = new Set<string>();
    const look = (origin: Origin): void => {
      if (seen.has(keyOf(origin))) return;
      seen.add(keyOf(origin));
      const node = isPath(origin.from) ? moduleOf(origin.from).declared.get(origin.name) : undefined;
      for (const reference of node === undefined
        ? []
        : referencesOf(node, isConstructed, moduleOf(origin.from).internal)) {
        const next = originOf(origin.from, reference);
        if (next === undefined || published.has(keyOf(next))) continue;
        if (isPrivateAlias(next)) look(next);
        else missing.set(keyOf(next), { ...next, entry, by: name });
      }
    };
    look({ from, name });
  }
  return [...missing.values()];
}

function isPrivateAlias({ from, name }: Origin): boolean {
  if (!isPath(from)) return false;
  const { declared, exported } = moduleOf(from);
  return declared.get(name)?.type === "TSTypeAliasDeclaration" && !exported.has(name);
}

const keyOf = ({ from, name }: Origin): string => `${from}#${name}`;

const isPath = (from: string): boolean => from.endsWith(".ts");

/** Undefined for what every program can name: globals, and packages that are not ours. */
function originOf(path: string, name: string): Origin | undefined {
  const { declared, imported } = moduleOf(path);
  if (declared.has(name)) return { from: path, name };
  const origin = imported.get(name);
  if (origin === undefined || !(isPath(origin.from) || origin.from.startsWith("@fleet/"))) return undefined;
  return follow(origin);
}

/** Through files that only pass a name on. */
function follow(origin: Origin): Origin {
  if (!isPath(origin.from)) return origin;
  const module = moduleOf(origin.from);
  const next = module.exported.get(origin.name) ?? module.imported.get(origin.name);
  if (next === undefined || keyOf(next) === keyOf(origin)) return origin;
  return follow(next);
}

function moduleOf(path: string): Module {
  let module = modules.get(path);
  if (module === undefined) modules.set(path, (module = read(path)));
  return module;
}

function read(path: string): Module {
  const declared = new Map<string, Node>();
  const imported = new Map<string, Origin>();
  const exported = new Map<string, Origin>();
  const typesOnly = new Set<string>();
  const place = (source: Node): string => {
    const value = String(source["value"]);
    return value.startsWith(".") ? posix.join(posix.dirname(path), value) : value;
  };
  const declare = (node: Node): readonly string[] => {
    const declarators = (node["declarations"] as readonly Node[] | undefined) ?? [node];
    return declarators.flatMap((each) => {
      const id = each["id"] as Node | null | undefined;
      if (typeof id?.["name"] !== "string") return [];
      declared.set(id["name"], each);
      return [id["name"]];
    });
  };
  const source = text(path);
  const { program, comments } = parseSync(path, source);
  const internal = new Set(
    comments
      .filter(({ value }) => value.includes("@internal"))
      .map(({ end }) => end + source.slice(end).search(/\S/)),
  );
  for (const node of program.body as unknown as readonly Node[]) {
    if (node.type === "ImportDeclaration")
      for (const specifier of node["specifiers"] as readonly Node[])
        imported.set(nameOf(specifier["local"]), {
          from: place(node["source"] as Node),
          name: nameOf(specifier["imported"] ?? specifier["local"]),
        });
    else if (node.type !== "ExportNamedDeclaration") declare(node);
    else if (node["declaration"])
      for (const name of declare(node["declaration"] as Node)) exported.set(name, { from: path, name });
    else
      for (const specifier of node["specifiers"] as readonly Node[]) {
        const name = nameOf(specifier["exported"]);
        exported.set(name, {
          from: node["source"] ? place(node["source"] as Node) : path,
          name: nameOf(specifier["local"]),
        });
        if (node["exportKind"] === "type" || specifier["exportKind"] === "type") typesOnly.add(name);
      }
  }
  return { declared, imported, exported, typesOnly, internal };
}

function nameOf(node: unknown): string {
  return String((node as Node)["name"] ?? (node as Node)["value"]);
}

/** What a program does not see of a declaration. */
const hidden: ReadonlySet<string> = new Set([
  "BlockStatement",
  "FunctionBody",
  "StaticBlock",
  "TSClassImplements",
]);

/** The types that a declaration names, without its own type parameters. */
function referencesOf(
  declaration: Node,
  isConstructed: boolean,
  internal: ReadonlySet<number>,
): ReadonlySet<string> {
  const names = new Set<string>();
  const own = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each);
      return;
    }
    if (typeof value !== "object" || value === null || !("type" in value)) return;
    const node = value as Node;
    if (hidden.has(node.type) || isPrivate(node)) return;
    if (node["kind"] === "constructor" && (!isConstructed || internal.has(Number(node["start"])))) return;
    if (node.type === "TSTypeParameter") own.add(nameOf(node["name"]));
    if (node.type === "TSMappedType") own.add(nameOf(node["key"]));
    if (node.type === "TSTypeReference") names.add(firstOf(node["typeName"] as Node));
    if (node.type === "TSInterfaceHeritage") names.add(firstOf(node["expression"] as Node));
    for (const [key, child] of Object.entries(node)) {
      // Values: of a property or a constant with a type, and defaults.
      if (key === "value" && node.type === "PropertyDefinition") continue;
      if (key === "init" && node.type === "VariableDeclarator") continue;
      if (key === "right" && node.type === "AssignmentPattern") continue;
      visit(child);
    }
  };
  visit(declaration);
  return new Set([...names].filter((name) => !own.has(name)));
}

function isPrivate({ key, accessibility }: Node): boolean {
  return accessibility === "private" || (key as Node | undefined)?.type === "PrivateIdentifier";
}

function firstOf(name: Node): string {
  return name.type === "TSQualifiedName" ? firstOf(name["left"] as Node) : nameOf(name);
}
