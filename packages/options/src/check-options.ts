import { nearest } from "./nearest.ts";
import type { OptionErrorClass } from "./option-error.ts";
import { kindOf, printed } from "./printed.ts";
import { isRecord } from "./rule-kinds.ts";
import type { Rule, Rules } from "./rule.ts";

/**
 * Refuses what is no record, an option without a rule, and a value that does not fit its rule.
 *
 * @param Refusal the error of the package whose options these are.
 * @param path where the options stand, if in an option of others.
 * @throws Refusal
 */
export function checkOptions(given: unknown, rules: Rules, Refusal: OptionErrorClass, path = ""): void {
  if (!isRecord(given)) throw new Refusal(path || "options", "a record of options", kindOf(given));
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(rules, name)) continue;
    const known = nearest(name, Object.keys(rules)) ?? "none";
    throw new Refusal(
      within(path, name),
      `left out: there is no such option, the nearest is ${known}`,
      kindOf(value),
    );
  }
  checkKnownOptions(given, rules, Refusal, path);
}

/**
 * The same for an object that may have more than the table says.
 *
 * @throws Refusal
 */
export function checkKnownOptions(given: object, rules: Rules, Refusal: OptionErrorClass, path = ""): void {
  for (const [name, rule] of Object.entries(rules)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined || rule.required === true) checkOption(within(path, name), value, rule, Refusal);
  }
}

/**
 * Refuses one value that does not fit its rule.
 *
 * @throws Refusal
 */
export function checkOption(option: string, value: unknown, rule: Rule, Refusal: OptionErrorClass): void {
  if (rule.options !== undefined) checkOptions(value, rule.options, Refusal, option);
  else if (!rule.fits(value))
    throw new Refusal(option, rule.expected, rule.secret === true ? kindOf(value) : printed(value));
}

function within(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
