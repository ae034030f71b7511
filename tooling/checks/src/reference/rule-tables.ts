import { root } from "../checkout.ts";
import { moduleOf, nameOf } from "../modules.ts";
import type { Node } from "../modules.ts";

/** What a rule says of an option. */
export interface RuleFacts {
  /** Ends the sentence that begins "<option> must be". */
  readonly expected: string;
  /** As it is shown; none where the rule has none that can be written down. */
  readonly default: string | undefined;
  /** Of an option that is a record of options: their rules. */
  readonly options: RuleTable | undefined;
}

/** Rules by option. */
export type RuleTable = ReadonlyMap<string, RuleFacts>;

/** Tables by the name of the type of options. */
export type RuleTables = ReadonlyMap<string, RuleTable>;

interface Rule {
  readonly expected: string;
  readonly default?: unknown;
  readonly options?: Readonly<Record<string, Rule>>;
}

/** The exported constants of the type `Rules<...Options>` in the files of a package. */
export async function ruleTables(paths: readonly string[]): Promise<RuleTables> {
  const tables = new Map<string, RuleTable>();
  for (const path of paths)
    for (const [name, node] of moduleOf(path).declared) {
      const type = checkedType(node);
      if (type === undefined || !moduleOf(path).exported.has(name)) continue;
      const exports = (await import(new URL(`file://${root}/${path}`).href)) as Readonly<
        Record<string, unknown>
      >;
      tables.set(type, factsOf(exports[name] as Readonly<Record<string, Rule>>));
    }
  return tables;
}

/** `X` of a constant that is declared as `Rules<X>`. */
function checkedType(node: Node): string | undefined {
  const annotation = (node["id"] as Node | null | undefined)?.["typeAnnotation"] as Node | null | undefined;
  const type = annotation?.["typeAnnotation"] as Node | undefined;
  if (type?.type !== "TSTypeReference" || nameOf(type["typeName"]) !== "Rules") return undefined;
  const [options] = ((type["typeArguments"] as Node | null)?.["params"] as readonly Node[] | undefined) ?? [];
  return options?.type === "TSTypeReference" ? nameOf(options["typeName"]) : undefined;
}

function factsOf(rules: Readonly<Record<string, Rule>>): RuleTable {
  return new Map(
    Object.entries(rules).map(([option, rule]) => [
      option,
      {
        expected: rule.expected,
        default: shown(rule.default),
        options: rule.options === undefined ? undefined : factsOf(rule.options),
      },
    ]),
  );
}

/** A value that can be written down: a function or a clock cannot. */
function shown(value: unknown): string | undefined {
  if (value === null || typeof value === "undefined" || typeof value === "function") return undefined;
  if (typeof value === "number") return String(value);
  if (typeof value !== "object") return JSON.stringify(value);
  return Object.keys(value).length === 0 ? JSON.stringify(value) : undefined;
}
