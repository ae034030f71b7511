import type { Rules } from "./rule.ts";

/**
 * The options with the default of every one that was left out. `Absent` names those that have none and may stay left out.
 *
 * ```ts
 * const { max, name } = complete<LaneOptions, "tls">(options, laneRules);
 * ```
 */
export function complete<Options extends object, Absent extends keyof Options = never>(
  given: Options,
  rules: Rules<Options>,
): Required<Omit<Options, Absent>> & Pick<Options, Absent> {
  const filled: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules as Rules)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined || rule.default !== undefined)
      filled[name] = value === undefined ? rule.default : value;
  }
  return filled as Required<Omit<Options, Absent>> & Pick<Options, Absent>;
}
