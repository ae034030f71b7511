import type { Rule, Rules } from "@fleet/options";
import { z } from "zod";

import { type Kind, setting, type SettingMeta } from "./setting.ts";

/** What an app says about options beyond their rules, by their path: `exclusive.max`. */
export interface FromRules {
  /** Options that the app decides by itself. */
  readonly except?: readonly string[];
  readonly meta?: Readonly<Record<string, Partial<SettingMeta>>>;
  /** Values that hold in this app where nothing else is said; the package has others, or none. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Of which commands of the app they are flags. @default all */
  readonly scope?: string;
  /** What they are options of: `pool`. */
  readonly of?: string;
}

/**
 * A setting for each option of a package that can be written as text; options in an option become a section. An option that the package
 * gets later is a setting too, without a word here.
 */
export function settingsFromRules(rules: Rules, from: FromRules = {}, path = ""): Record<string, z.ZodType> {
  const { except = [], of = "" } = from;
  const shape: Record<string, z.ZodType> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const full = path + name;
    if (rule.kind === "object" || except.includes(full)) continue;
    shape[name] =
      rule.options === undefined
        ? settingOf(
            rule,
            {
              description: `${of}${full}: ${rule.expected}`,
              ...(from.scope !== undefined && { scope: from.scope }),
              ...from.meta?.[full],
            },
            from.defaults?.[full],
          )
        : z.strictObject(settingsFromRules(rule.options, from, `${full}.`)).prefault({});
  }
  return shape;
}

/** The same options where they are part of one value: each checked, and each optional. */
export function objectFromRules(rules: Rules, except: readonly string[] = [], path = ""): z.ZodObject {
  const shape: Record<string, z.ZodType> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const full = path + name;
    if (rule.kind === "object" || except.includes(full)) continue;
    const value =
      rule.options === undefined ? valueOf(rule) : objectFromRules(rule.options, except, `${full}.`);
    shape[name] = rule.required === true ? value : value.optional();
  }
  return z.strictObject(shape);
}

function settingOf(rule: Rule, given: SettingMeta, own: unknown): z.ZodType {
  const value = valueOf(rule);
  const schema = rule.required === true ? value : own === undefined ? value.optional() : value.default(own);
  const initial = own ?? rule.default;
  return setting(schema, {
    kind: kinds[rule.kind],
    expected: rule.expected,
    ...(initial !== undefined && { default: initial }),
    ...(rule.secret === true && { secret: "whole" }),
    ...given,
  });
}

const valueOf = (rule: Rule): z.ZodType => z.custom(rule.fits, { error: `expected ${rule.expected}` });

const kinds: Readonly<Record<Rule["kind"], Kind>> = {
  number: "number",
  text: "text",
  boolean: "boolean",
  list: "list",
  record: "structure",
  object: "structure",
};
