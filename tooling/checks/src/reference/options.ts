import { follow, moduleOf, nameOf } from "../modules.ts";
import type { Node } from "../modules.ts";
import { docOf } from "./docblock.ts";
import { membersOf } from "./members.ts";
import type { Declaration, Member } from "./members.ts";
import type { RuleFacts, RuleTable, RuleTables } from "./rule-tables.ts";

export interface Option {
  readonly name: string;
  /** Empty where nothing says it. */
  readonly meaning: string;
  /** Milliseconds, bytes...; none where the option has no unit. */
  readonly unit: string | undefined;
  /** `required`, `none`, or what its doc comment or its rule says. */
  readonly default: string;
  readonly mustBe: string;
  /** As it is written in the source. */
  readonly type: string;
  /** Whether its doc comment and its rule have different defaults. */
  readonly conflict: boolean;
}

/** An interface of options, as it is exported. */
export interface OptionsType {
  readonly name: string;
  readonly meaning: string;
  /** Where it is given: `new RedisPool()`. */
  readonly usedBy: readonly string[];
  readonly options: readonly Option[];
}

const isOptionsName = (name: string): boolean => /(?:Options|Settings|Limits|Terms|Input)$/.test(name);

/** The types of options that the entries of a package export, in alphabetic order. */
export function optionsTypes(entries: readonly string[], rules: RuleTables): readonly OptionsType[] {
  const exported = entries.flatMap((entry) =>
    [...moduleOf(entry).exported].flatMap(([name, origin]): readonly Declaration[] => {
      const end = follow(origin);
      const node = end.from.endsWith(".ts") ? moduleOf(end.from).declared.get(end.name) : undefined;
      return node === undefined ? [] : [{ path: end.from, name, node }];
    }),
  );
  const named = exported.filter(
    ({ name, path }) => isOptionsName(name) && entries.some((entry) => sameFolder(entry, path)),
  );
  const tableOf = (name: string): RuleTable | undefined => rules.get(name) ?? nestedTable(name, named, rules);
  const types = named
    .map((declaration) => ({
      name: declaration.name,
      meaning: docOf(moduleOf(declaration.path), declaration.node).text,
      usedBy: exported.flatMap((each) => usesIn(each, declaration.name)),
      options: membersOf(declaration).map((member) =>
        optionOf(member, tableOf(declaration.name)?.get(member.name)),
      ),
    }))
    .filter(({ options }) => options.length > 0);
  return given(types).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Types that a caller gives: to a function or a constructor, or as an option of such a type. */
function given(types: readonly OptionsType[]): readonly OptionsType[] {
  const found = new Set(types.filter(({ usedBy }) => usedBy.length > 0));
  // A set visits what is added while it is walked.
  for (const { options } of found)
    for (const type of types)
      if (options.some(({ type: written }) => new RegExp(`\\b${type.name}\\b`).test(written)))
        found.add(type);
  return [...found];
}

const sameFolder = (entry: string, path: string): boolean =>
  path.startsWith(entry.split("/").slice(0, 2).join("/"));

function optionOf({ name, node, module, isOptional }: Member, rule: RuleFacts | undefined): Option {
  const { text, tags } = docOf(module, node);
  const stated = tags.find((tag) => tag.name === "default")?.text;
  const type = typeOf(node, module.source);
  return {
    name,
    meaning: text,
    unit: unitOf(name),
    default: isOptional ? (rule?.default ?? stated ?? "none") : "required",
    conflict:
      rule?.default !== undefined && stated !== undefined && isValue(stated) && stated !== rule.default,
    mustBe: rule?.expected ?? type,
    type,
  };
}

/** The rules of a type that is an option of another one. */
function nestedTable(name: string, types: readonly Declaration[], rules: RuleTables): RuleTable | undefined {
  for (const type of types)
    for (const { name: option, node, module } of membersOf(type)) {
      const nested = rules.get(type.name)?.get(option)?.options;
      if (nested !== undefined && new RegExp(`\\b${name}\\b`).test(typeOf(node, module.source)))
        return nested;
    }
  return undefined;
}

const units: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, "milliseconds"],
  [/Bytes$/, "bytes"],
  [/PerSecond$/, "per second"],
];

function unitOf(name: string): string | undefined {
  return units.find(([pattern]) => pattern.test(name))?.[1];
}

/** The type of a member as it is written. */
export function typeOf(node: Node, source: string): string {
  const type = (node["typeAnnotation"] ?? node["returnType"]) as Node | null | undefined;
  if (!type) return "";
  const inner = type["typeAnnotation"] as Node;
  const written = source.slice(Number(inner["start"]), Number(inner["end"]));
  const plain = written
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll("readonly ", "")
    .replace(/^\| /, "");
  return `\`${node.type === "TSMethodSignature" ? `(...) => ${plain}` : plain}\``;
}

/** Where the parameters of an exported class or function have the type. */
function usesIn({ name, node }: Declaration, type: string): readonly string[] {
  if (node.type === "FunctionDeclaration") return speaksOf(node["params"], type) ? [`${name}()`] : [];
  if (node.type !== "ClassDeclaration") return [];
  return ((node["body"] as Node)["body"] as readonly Node[]).flatMap((member) => {
    const { type: kind, key, value } = member as Node & { readonly key?: Node; readonly value?: Node };
    if (kind !== "MethodDefinition" || key?.type !== "Identifier" || !speaksOf(value?.["params"], type))
      return [];
    return nameOf(key) === "constructor" ? [`new ${name}()`] : [`${name}.${nameOf(key)}()`];
  });
}

function speaksOf(value: unknown, type: string): boolean {
  if (Array.isArray(value)) return value.some((each) => speaksOf(each, type));
  if (typeof value !== "object" || value === null) return false;
  const node = value as Node;
  if (node.type === "TSTypeReference" && nameOf(node["typeName"]) === type) return true;
  return Object.values(node).some((child) => speaksOf(child, type));
}

/** Whether a default is written as a value, not as a description. */
export function isValue(text: string): boolean {
  return /^(?:-?[\d_.]+|true|false|Infinity|"[^"]*"|\[\]|\{\}|[\w.]+\(\)|(?:performance|Math)\.\w+)$/.test(
    text,
  );
}
