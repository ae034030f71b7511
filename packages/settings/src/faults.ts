import { printed } from "@fleet/options";
import { z } from "zod";

import { meant } from "./nearest.ts";
import { innermost, type Setting } from "./setting.ts";
import { pathText, type Tree } from "./tree.ts";

export interface FaultContext {
  readonly settings: readonly Setting[];
  readonly schema: z.ZodObject;
  /** What the layers gave together. */
  readonly tree: Tree;
  /** Of a setting, by its path. */
  readonly sources: ReadonlyMap<string, string>;
  /** Where it stands, with the line of a file: ` (file fleet.yaml:3)`. */
  readonly origin: (path: readonly PropertyKey[]) => string;
  /** Whether a text is a secret wherever it stands. */
  readonly isSecret: (text: string) => boolean;
  /** What is said of an unknown key that people take for a setting; undefined: the usual. */
  readonly unknownKey?: ((path: readonly string[]) => string | undefined) | undefined;
}

/** Every fault that the schema found, a line each: where, what was expected, what stands there, and in which layer. */
export function faultLines(issues: readonly z.core.$ZodIssue[], context: FaultContext): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownKey(issue.path, key, context));
    if (issue.code === "invalid_key") return [invalidKey(issue, context)];
    const got = shown(issue.path, context);
    return [`${pathText(issue.path)}: ${worded(issue.message)}, got ${got}${context.origin(issue.path)}`];
  });
}

/** zod's message begins with what is known and ends with the type of what is printed after it. */
const worded = (message: string): string =>
  message.replace(/^Invalid (?:input|option): /, "").replace(/, received \w+$/, "");

function invalidKey(
  { path, issues }: z.core.$ZodIssueInvalidKey,
  { isSecret, origin }: FaultContext,
): string {
  const key = JSON.stringify(path.at(-1));
  const got = isSecret(key) ? "a key that is not shown" : key;
  return `${pathText(path.slice(0, -1))}: ${worded(issues[0]?.message ?? "expected another key")}, got ${got}${origin(path)}`;
}

function unknownKey(path: readonly PropertyKey[], key: string, context: FaultContext): string {
  const { settings, isSecret, origin } = context;
  const full = [...path, key];
  if (isSecret(key))
    return `${pathText(path)}: a key that is not shown is not a known setting${origin(full)}`;
  const special = context.unknownKey?.(full.map(String));
  if (special !== undefined) return `${pathText(full)}: ${special}${origin(full)}`;
  const elsewhere = settings.find((one) => one.path.endsWith(`.${key}`))?.path;
  const near = meant(key, keysAt(context.schema, path));
  const suggestion = elsewhere !== undefined && !near.endsWith("?") ? `; did you mean ${elsewhere}?` : near;
  return `${pathText(full)}: is not a known setting${suggestion}${origin(full)}`;
}

/** The names that a schema knows at a path, through lists and what is optional. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const inner = innermost(schema);
  const [key, ...rest] = path;
  if (inner instanceof z.ZodArray) return key === undefined ? [] : keysAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return key === undefined ? [] : keysAt(inner.valueType, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>;
  if (key === undefined) return Object.keys(shape);
  const next = shape[String(key)];
  return next === undefined ? [] : keysAt(next, rest);
}

/** The setting that a path is of, or within. */
export function settingAt(settings: readonly Setting[], path: readonly PropertyKey[]): Setting | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const dotted = path.slice(0, length).map(String).join(".");
    const found = settings.find((one) => one.path === dotted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A plain value, short. What may be a secret is not shown: people put passwords and tokens anywhere. */
function shown(path: readonly PropertyKey[], { settings, tree, isSecret }: FaultContext): string {
  let value: unknown = tree;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (value === undefined || value === null) return "nothing";
  const setting = settingAt(settings, path);
  const field = path[setting === undefined ? 0 : setting.path.split(".").length + 1];
  const mayShow = Array.isArray(setting?.secret)
    ? setting.secret.includes(String(field))
    : setting?.secret === undefined;
  if (!mayShow || path.some((key) => /credentials|password/i.test(String(key))))
    return "a value that is not shown";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "a mapping";
  const text = typeof value === "string" ? value : printed(value);
  if (isSecret(text)) return "a value that is not shown";
  // A connection string brings its password along.
  return /[a-z]:\//i.test(text) ? "a URL that is not shown" : printed(value);
}
