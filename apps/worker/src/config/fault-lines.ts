import type { z } from "zod";

import { settings } from "./config-schema.ts";
import { nearest } from "./nearest.ts";

/** Where a value came from: `flag --range`, `environment MAX_FID`, `file run.yaml`, `preset production`, `default`. */
export type Sources = ReadonlyMap<string, string>;

/** Every fault that the schema found, a line each: where, what was expected, what stands there, and which layer it is from. */
export function faultLines(
  issues: readonly z.core.$ZodIssue[],
  values: Readonly<Record<string, unknown>>,
  sources: Sources,
): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map(unknownSetting);
    const [name = "", ...within] = issue.path.map(String);
    const source = sources.get(name);
    const expected = issue.message.replace(/^Invalid (?:input|option): /, "").replace(/, received \w+$/, "");
    const got = shown(name, at(values[name], within));
    return [
      `${[name, ...within].join(".")}: ${expected}, got ${got}${source === undefined ? "" : ` (${source})`}`,
    ];
  });
}

function unknownSetting(key: string): string {
  const meant = nearest(
    key,
    settings.map(({ name }) => name),
  );
  return `${key}: is not a known setting${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Readonly<Record<string, unknown>> | undefined)?.[key],
    value,
  );
}

/** A plain value. What is secret, or may have a password in it, is not shown. */
function shown(name: string, value: unknown): string {
  if (value === undefined) return "nothing";
  if (settings.find((one) => one.name === name)?.secret !== undefined) return "a value that is not shown";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a mapping";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
