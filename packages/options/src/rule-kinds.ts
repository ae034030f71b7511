import { printed } from "./printed.ts";
import type { Kind, Rule, Rules } from "./rule.ts";

/** Milliseconds that a timer can wait: Node fires longer ones at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** The rule of an option that cannot be left out. */
export function required(rule: Rule): Rule {
  return { ...rule, required: true };
}

/** The rule of an option that is `value` where it is left out. */
export function withDefault(value: unknown, rule: Rule): Rule {
  return { ...rule, default: value };
}

/** The rule of an option whose value no error shows. */
export function secret(rule: Rule): Rule {
  return { ...rule, secret: true };
}

export const text: Rule = {
  kind: "text",
  expected: "a non-empty string",
  fits: (value) => typeof value === "string" && value !== "",
};

export const flag: Rule = {
  kind: "boolean",
  expected: "true or false",
  fits: (value) => typeof value === "boolean",
};

/** Milliseconds from `least` that a timer can wait; fractions are allowed. */
export function ms(least = 1): Rule {
  return number(
    `milliseconds from ${least} to ${MAX_TIMER_MS}`,
    (value) => value >= least && value <= MAX_TIMER_MS,
  );
}

/** A length of time that no timer has to wait for, in milliseconds. */
export const duration: Rule = number(
  "a finite number of milliseconds above 0",
  (value) => value > 0 && Number.isFinite(value),
);

/** A whole number. */
export function count(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${most}`;
  return number(
    `a whole number of at least ${least}${upTo}`,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
  );
}

/** Any other number; NaN never fits. */
export function number(expected: string, fits: (value: number) => boolean): Rule {
  return {
    kind: "number",
    expected,
    fits: (value) => typeof value === "number" && !Number.isNaN(value) && fits(value),
  };
}

export function oneOf(...values: readonly (string | number)[]): Rule {
  const names = values.map(printed);
  const last = names.pop() ?? "";
  return {
    kind: typeof values[0] === "number" ? "number" : "text",
    expected: names.length === 0 ? last : `${names.join(", ")} or ${last}`,
    fits: (value) => values.includes(value as string),
  };
}

/** @param fits of each item. */
export function listOf(what: string, fits: (item: unknown) => boolean): Rule {
  return {
    kind: "list",
    expected: `a list of ${what}`,
    fits: (value) => Array.isArray(value) && value.every((item) => fits(item)),
  };
}

/** Options in an option. */
export function record(options: Rules): Rule {
  return { kind: "record", expected: "a record of options", fits: isRecord, options };
}

/** Whatever is given: what is in it is checked elsewhere. */
export function anything(kind: Kind, expected: string): Rule {
  return { kind, expected, fits: (value) => value !== undefined };
}

export const func: Rule = {
  kind: "object",
  expected: "a function",
  fits: (value) => typeof value === "function",
};

/** What only code can give. */
export function object(expected: string, fits: (value: unknown) => boolean): Rule {
  return { kind: "object", expected, fits };
}

export const now: Rule = object("a clock with now()", (value) => hasMethods(value, "now"));

export const clock: Rule = object("a clock with now(), setTimeout() and clearTimeout()", (value) =>
  hasMethods(value, "now", "setTimeout", "clearTimeout"),
);

export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  const has = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === "function";
  return typeof value === "object" && value !== null && names.every(has);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
