import { InvalidOptionError } from "./errors.ts";
import { plain } from "./instance/fault.ts";

/** What an option must be. */
export interface Rule {
  /** Ends the sentence that begins "<option> must be". */
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  readonly required?: true;
  /** Its value may hold a secret and is not shown. */
  readonly secret?: true;
  /** Of an option that is a record of options: their rules. */
  readonly options?: Rules;
}

/** The rule of every option: a table that misses one, or has one too many, does not compile. */
export type Rules<Options = Readonly<Record<string, unknown>>> = {
  readonly [Option in keyof Options]-?: Rule;
};

/**
 * Refuses what is no record, an option without a rule, and a value that does not fit its rule.
 *
 * @param path where the options stand, if in an option of others.
 * @throws InvalidOptionError
 */
export function checkOptions(given: unknown, rules: Rules, path = ""): void {
  if (!isRecord(given)) throw new InvalidOptionError(path || "options", "a record of options", kindOf(given));
  const full = (name: string): string => (path === "" ? name : `${path}.${name}`);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(rules, name)) continue;
    const expected = `left out: there is no such option, the nearest is ${nearest(name, rules)}`;
    throw new InvalidOptionError(full(name), expected, kindOf(value));
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    if (value === undefined && rule.required !== true) continue;
    if (rule.options !== undefined) checkOptions(value, rule.options, full(name));
    else if (!rule.fits(value))
      throw new InvalidOptionError(
        full(name),
        rule.expected,
        rule.secret === true ? kindOf(value) : plain(value),
      );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nearest(name: string, rules: Rules): string {
  const [best] = Object.keys(rules)
    .map((known) => ({ known, steps: distance(name.toLowerCase(), known.toLowerCase()) }))
    .toSorted((one, other) => one.steps - other.steps);
  return best === undefined ? "none" : best.known;
}

/** Letters to insert, delete or replace (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let line = 1; line <= one.length; line += 1) {
    const next = [line];
    for (let at = 1; at <= other.length; at += 1) {
      const replaced = row[at - 1]! + (one[line - 1] === other[at - 1] ? 0 : 1);
      next.push(Math.min(row[at]! + 1, next[at - 1]! + 1, replaced));
    }
    row = next;
  }
  return row.at(-1)!;
}

function kindOf(value: unknown): string {
  return typeof value === "string" ? "a string" : plain(value);
}

export function required(rule: Rule): Rule {
  return { ...rule, required: true };
}

export const text: Rule = {
  expected: "a non-empty string",
  fits: (value) => typeof value === "string" && value !== "",
};

export const func: Rule = { expected: "a function", fits: (value) => typeof value === "function" };

export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  const has = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === "function";
  return typeof value === "object" && value !== null && names.every(has);
}

export const clock: Rule = {
  expected: "a clock with now(), setTimeout() and clearTimeout()",
  fits: (value) => hasMethods(value, "now", "setTimeout", "clearTimeout"),
};

/** Milliseconds that a timer can wait: Node fires longer ones at once (2^31 - 1). */
export function ms(least = 1): Rule {
  return {
    expected: `a number of milliseconds from ${least} to 2147483647`,
    fits: (value) => typeof value === "number" && value >= least && value <= 2_147_483_647,
  };
}

export function oneOf(...values: readonly (string | number)[]): Rule {
  const names = values.map(plain);
  return {
    expected: `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    fits: (value) => values.includes(value as string),
  };
}

/** Taken as it is, since the constructor looks at what is in it. */
export function anything(expected: string): Rule {
  return { expected, fits: (value) => value !== undefined };
}

export const list: Rule = { expected: "a list", fits: Array.isArray };
