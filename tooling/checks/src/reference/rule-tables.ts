import { moduleOf, nameOf } from "../modules.ts";
import type { Node } from "../modules.ts";
import { root } from "../rooms.ts";

/** What a rule says of an option. */
export interface RuleFacts {
  /** Ends the sentence that begins "<option> must be". */
  readonly expected: string;
  /** As it is shown; none where the rule says nothing of it. */
  readonly default: string | undefined;
}

/** Rules by the name of the type of options, and by option. */
export type RuleTables = ReadonlyMap<string, ReadonlyMap<string, RuleFacts>>;

interface Rule {
  readonly expected: string;
  readonly default?: unknown;
}

/** The exported constants of the type `Rules<...Options>` in the files of a package. */
export async function ruleTables(paths: readonly string[]): Promise<RuleTables> {
  const tables = new Map<string, ReadonlyMap<string, RuleFacts>>();
  for (const path of paths)
    for (const [name, node] of moduleOf(path).declared) {
      const type = checkedType(node);
      if (type === undefined || !moduleOf(path).exported.has(name)) continue;
      const exports = (await import(new URL(`file://${root}/${path}`).href)) as Readonly<
        Record<string, unknown>
      >;
      const rules = exports[name] as Readonly<Record<string, Rule>>;
      tables.set(
        type,
        new Map(
          Object.entries(rules).map(([option, rule]) => [
            option,
            { expected: rule.expected, default: shown(rule) },
          ]),
        ),
      );
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

function shown(rule: Rule): string | undefined {
  return rule.default === undefined ? undefined : JSON.stringify(rule.default);
}
