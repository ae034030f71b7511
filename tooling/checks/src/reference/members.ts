import { follow, moduleOf, nameOf } from "../modules.ts";
import type { Module, Node } from "../modules.ts";
import { entriesOf } from "./entries.ts";

/** A property or a method of a type, with the file in which it is declared. */
export interface Member {
  readonly name: string;
  readonly node: Node;
  readonly module: Module;
  readonly isOptional: boolean;
}

/** A declaration, and the file that has it. */
export interface Declaration {
  readonly path: string;
  readonly name: string;
  readonly node: Node;
}

/** The declaration that a name has in a file, through imports of this checkout. */
export function declarationOf(path: string, name: string): Declaration | undefined {
  const { declared, imported } = moduleOf(path);
  const own = declared.get(name);
  if (own !== undefined) return { path, name, node: own };
  const origin = imported.get(name);
  if (origin === undefined) return undefined;
  if (origin.from.startsWith("@fleet/")) return publishedBy(origin.from, origin.name);
  const end = follow(origin);
  if (!end.from.endsWith(".ts"))
    return end.from.startsWith("@fleet/") ? publishedBy(end.from, end.name) : undefined;
  const node = moduleOf(end.from).declared.get(end.name);
  return node === undefined ? undefined : { path: end.from, name: end.name, node };
}

/** What a package of ours exports under a name. */
function publishedBy(specifier: string, name: string): Declaration | undefined {
  const [, folder = "", entry = "."] = /^@fleet\/(\w+)(?:\/(.+))?$/.exec(specifier) ?? [];
  const source = entriesOf(folder).get(entry === "." ? "." : `./${entry}`);
  const origin = source === undefined ? undefined : moduleOf(source).exported.get(name);
  if (origin === undefined) return undefined;
  const end = follow(origin);
  const node = end.from.endsWith(".ts") ? moduleOf(end.from).declared.get(end.name) : undefined;
  return node === undefined ? undefined : { path: end.from, name: end.name, node };
}

/** The members of an interface or of an alias of an object type, those of its parents first; none of another kind of type. */
export function membersOf({ path, node }: Declaration): readonly Member[] {
  if (node.type === "TSTypeAliasDeclaration") return ofType(path, node["typeAnnotation"] as Node);
  if (node.type !== "TSInterfaceDeclaration") return [];
  const parents = (node["extends"] as readonly Node[] | undefined) ?? [];
  return merged([
    ...parents.flatMap((parent) =>
      reference(path, nameOf(parent["expression"]), (parent["typeArguments"] as Node | null) ?? undefined),
    ),
    ...listed(path, (node["body"] as Node)["body"] as readonly Node[]),
  ]);
}

/** The forms that a type has: one of an interface, one for each part of a union. */
export function variantsOf({ path, node, name }: Declaration): readonly (readonly Member[])[] {
  if (node.type !== "TSTypeAliasDeclaration") return [membersOf({ path, node, name })];
  return formsOf(path, node["typeAnnotation"] as Node);
}

function formsOf(path: string, type: Node): readonly (readonly Member[])[] {
  if (type.type === "TSParenthesizedType") return formsOf(path, type["typeAnnotation"] as Node);
  if (type.type === "TSUnionType")
    return (type["types"] as readonly Node[]).flatMap((each) => formsOf(path, each));
  if (type.type === "TSIntersectionType") {
    let forms: readonly (readonly Member[])[] = [[]];
    for (const each of type["types"] as readonly Node[])
      forms = forms.flatMap((form) => formsOf(path, each).map((more) => merged([...form, ...more])));
    return forms;
  }
  const declaration =
    type.type === "TSTypeReference" ? declarationOf(path, nameOf(type["typeName"])) : undefined;
  return declaration?.node.type === "TSTypeAliasDeclaration" ? variantsOf(declaration) : [ofType(path, type)];
}

function ofType(path: string, type: Node): readonly Member[] {
  switch (type.type) {
    case "TSTypeLiteral":
      return listed(path, type["members"] as readonly Node[]);
    case "TSParenthesizedType":
      return ofType(path, type["typeAnnotation"] as Node);
    case "TSIntersectionType":
      return merged((type["types"] as readonly Node[]).flatMap((each) => ofType(path, each)));
    case "TSTypeReference":
      return reference(path, nameOf(type["typeName"]), (type["typeArguments"] as Node | null) ?? undefined);
    default:
      return [];
  }
}

function listed(path: string, nodes: readonly Node[]): readonly Member[] {
  const module = moduleOf(path);
  return nodes
    .filter(({ type }) => type === "TSPropertySignature" || type === "TSMethodSignature")
    .map((node) => ({ name: nameOf(node["key"]), node, module, isOptional: node["optional"] === true }));
}

/** A name with its type arguments, the utility types of TypeScript included. */
function reference(path: string, name: string, given: Node | undefined): readonly Member[] {
  const [first, second] = (given?.["params"] as readonly Node[] | undefined) ?? [];
  const inner = (): readonly Member[] => (first === undefined ? [] : ofType(path, first));
  const keys = (): ReadonlySet<string> => new Set(second === undefined ? [] : stringsOf(second));
  switch (name) {
    case "Partial":
      return inner().map((member) => ({ ...member, isOptional: true }));
    case "Required":
      return inner().map((member) => ({ ...member, isOptional: false }));
    case "Readonly":
      return inner();
    case "Omit":
      return inner().filter((member) => !keys().has(member.name));
    case "Pick":
      return inner().filter((member) => keys().has(member.name));
    default: {
      const declaration = declarationOf(path, name);
      return declaration === undefined ? [] : membersOf(declaration);
    }
  }
}

function stringsOf(type: Node): readonly string[] {
  if (type.type === "TSUnionType") return (type["types"] as readonly Node[]).flatMap(stringsOf);
  return type.type === "TSLiteralType" ? [nameOf(type["literal"])] : [];
}

/** A later member of the same name takes the place of an earlier one. */
function merged(members: readonly Member[]): readonly Member[] {
  return [...new Map(members.map((member) => [member.name, member])).values()];
}
