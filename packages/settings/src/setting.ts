import { z } from "zod";

/**
 * How a value is read from a flag or a variable. `path`: of a file; one in the configuration file is relative to that. `list`: names
 * with commas between, or YAML. `structure`: YAML or JSON.
 */
export type Kind = "text" | "path" | "number" | "boolean" | "list" | "structure";

/** What the documentation, the screen and the layers need to know of a setting beside its schema. */
export interface SettingMeta {
  readonly description: string;
  /** @default by its schema */
  readonly kind?: Kind;
  /** What its flag takes, as `<ms>`. @default by its kind and name */
  readonly takes?: string;
  /**
   * What faults and `--print-config` do not show: the whole value; the credentials in a URL; everything in the value but the
   * fields of these names. A secret has no flag, a URL has. @default nothing
   */
  readonly secret?: "whole" | "url" | readonly string[];
  /** What `--print-config` shows in place of the value. @default the value, or `***` for a secret */
  readonly mask?: (value: never) => unknown;
  /** Makes text of the configuration file absolute. @default for the kind `path`: relative to the folder of the file */
  readonly resolve?: (text: string, resolve: (path: string) => string) => string;
  /** The default, where the schema has none: it is that of a package. */
  readonly default?: unknown;
  /** What it must be, where the schema cannot say. */
  readonly expected?: string;
  /** Whether a new value counts when the configuration is read again, without a restart. @default false */
  readonly reloads?: boolean;
  /** Of which commands of the app it is a flag. @default all */
  readonly scope?: string;
}

/** One value of the configuration: `pool.exclusive.max` in the file, `FLEET_POOL_EXCLUSIVE_MAX`, `--pool-exclusive-max <count>`. */
export interface Setting extends SettingMeta {
  /** Its place in the file. */
  readonly path: string;
  readonly kind: Kind;
  readonly env: string;
  /** With what it takes; undefined for a secret. */
  readonly flag: string | undefined;
  readonly expected: string;
  /** Variables that are known from elsewhere and set it too, where its own is absent. */
  readonly aliases: readonly string[];
}

/** The schema of each value of a part of the configuration. */
export type Section<C> = { readonly [K in keyof C]-?: z.ZodType<C[K]> };

/** A value of the configuration. What is not declared so, but has a shape, is a section of further ones. */
export const setting = <S extends z.ZodType>(schema: S, meta: SettingMeta): S => schema.meta({ ...meta });

/** Every setting of a schema, in its order. @param prefix of its variables. */
export function settingsIn(schema: z.ZodObject, prefix: string, path = ""): readonly Setting[] {
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).flatMap(([key, value]) => {
    const meta = value.meta() as SettingMeta | undefined;
    const inner = innermost(value);
    const full = path + key;
    if (meta?.description === undefined) return settingsIn(inner as z.ZodObject, prefix, `${full}.`);
    const kind = meta.kind ?? kindOf(inner);
    const words = wordsOf(full);
    const env = prefix + words.replaceAll("-", "_").toUpperCase();
    const takes = kind === "boolean" ? "" : ` ${meta.takes ?? takenBy(kind, full)}`;
    const isSecret = meta.secret !== undefined && meta.secret !== "url";
    const flag = isSecret ? undefined : `--${words}${takes}`;
    const initial = meta.default ?? defaultOf(value);
    const expected = meta.expected ?? expectedOf(inner, kind);
    return [
      {
        ...meta,
        path: full,
        kind,
        env,
        flag,
        expected,
        aliases: [],
        ...(initial !== undefined && { default: initial }),
      },
    ];
  });
}

/** The naming rule: `pool.exclusive.maxAgeMs` is `pool-exclusive-max-age-ms`; `x.enabled` goes by the name of `x`. */
function wordsOf(path: string): string {
  return path
    .replace(/\.enabled$/, "")
    .replaceAll(".", "-")
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function takenBy(kind: Kind, path: string): string {
  if (kind === "number")
    return path.endsWith("Ms") ? "<ms>" : path.endsWith("Bytes") ? "<bytes>" : "<number>";
  return { text: "<text>", path: "<file>", list: "<a,b>", structure: "<yaml>", boolean: "" }[kind];
}

/** A schema without what makes it optional or gives it a default. */
export function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner;
}

function kindOf(schema: z.core.$ZodType): Kind {
  if (schema instanceof z.ZodNumber) return "number";
  if (schema instanceof z.ZodBoolean) return "boolean";
  return schema instanceof z.ZodString || schema instanceof z.ZodEnum ? "text" : "structure";
}

function defaultOf(schema: z.ZodType): unknown {
  const parsed = schema.safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}

function expectedOf(schema: z.core.$ZodType, kind: Kind): string {
  if (schema instanceof z.ZodEnum) return oneOf(schema.options);
  if (schema instanceof z.ZodNumber) {
    const { minValue, maxValue } = schema;
    const upTo = maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER ? "" : ` to ${maxValue}`;
    return minValue === null ? "a number" : `a number from ${minValue}${upTo}`;
  }
  const plain: Readonly<Record<Kind, string>> = {
    number: "a number",
    boolean: "true or false",
    text: "text",
    path: "the path of a file",
    list: "names with commas between, or a list in YAML",
    structure: "YAML or JSON",
  };
  return plain[kind];
}

function oneOf(values: readonly (string | number)[]): string {
  return values.length < 2 ? String(values[0]) : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
