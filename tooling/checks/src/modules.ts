import { posix } from "node:path";

import { parseSync } from "oxc-parser";

import { text } from "./checkout.ts";

/** A node of the syntax tree, as oxc gives it. */
export interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Where a name comes from: a file of the checkout, or another package. */
export interface Origin {
  readonly from: string;
  readonly name: string;
}

export interface Module {
  /** Exported as types: no program constructs them. */
  readonly typesOnly: ReadonlySet<string>;
  /** Where members begin that are marked `@internal`. */
  readonly internal: ReadonlySet<number>;
  readonly declared: ReadonlyMap<string, Node>;
  readonly source: string;
  /** Doc comments, by the position of what follows them. */
  readonly docs: ReadonlyMap<number, string>;
  readonly imported: ReadonlyMap<string, Origin>;
  readonly exported: ReadonlyMap<string, Origin>;
}

const modules = new Map<string, Module>();

export const keyOf = ({ from, name }: Origin): string => `${from}#${name}`;

export const isPath = (from: string): boolean => from.endsWith(".ts");

/** Through files that only pass a name on. */
export function follow(origin: Origin): Origin {
  if (!isPath(origin.from)) return origin;
  const module = moduleOf(origin.from);
  const next = module.exported.get(origin.name) ?? module.imported.get(origin.name);
  if (next === undefined || keyOf(next) === keyOf(origin)) return origin;
  return follow(next);
}

/** A file of the checkout, parsed once. */
export function moduleOf(path: string): Module {
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
  const next = (end: number): number => end + source.slice(end).search(/\S/);
  const docs = new Map(
    comments
      .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
      .map(({ end, value }) => [next(end), value]),
  );
  const internal = new Set(
    comments.filter(({ value }) => value.includes("@internal")).map(({ end }) => next(end)),
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
  return { source, docs, declared, imported, exported, typesOnly, internal };
}

export function nameOf(node: unknown): string {
  return String((node as Node)["name"] ?? (node as Node)["value"]);
}
