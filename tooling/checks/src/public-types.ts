import { follow, isPath, keyOf, moduleOf, nameOf } from "./modules.ts";
import type { Node, Origin } from "./modules.ts";

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

/** Undefined for what every program can name: globals, and packages that are not ours. */
function originOf(path: string, name: string): Origin | undefined {
  const { declared, imported } = moduleOf(path);
  if (declared.has(name)) return { from: path, name };
  const origin = imported.get(name);
  if (origin === undefined || !(isPath(origin.from) || origin.from.startsWith("@fleet/"))) return undefined;
  return follow(origin);
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
