import { dirname, resolve } from "node:path";

import { parse } from "yaml";

import { ConfigurationError } from "../errors.ts";
import { type Config, parseConfig, presets, settings } from "./config-schema.ts";
import { contradictions } from "./contradictions.ts";
import { faultLines, type Sources } from "./fault-lines.ts";
import { readYaml } from "./read-yaml.ts";
import type { Setting } from "./setting.ts";
import { unknownVariables } from "./unknown-variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Sources;
}

interface LoadOptions {
  /** The configuration file; else the one that FLEET_WORKER_CONFIG names; else none. */
  readonly file?: string | undefined;
  /** What the flags said, by the name of the setting. */
  readonly flags?: Readonly<Record<string, string | boolean>>;
  readonly environment: Environment;
}

/**
 * Puts the configuration together - flag over environment over file over preset over default - and checks it as a whole.
 *
 * @throws ConfigurationError with every fault.
 */
export async function loadConfig({ file, flags = {}, environment }: LoadOptions): Promise<LoadedConfig> {
  const named = environment["FLEET_WORKER_CONFIG"];
  const path = file ?? (named === "" ? undefined : named);
  const told: Values = path === undefined ? {} : await readYaml(path);
  const values: Record<string, unknown> = { ...told };
  const sources = new Map<string, string>();
  for (const setting of settings) {
    const { value, source } =
      fromFlag(setting, flags) ??
      fromEnvironment(setting, environment) ??
      fromFile(setting, told, path) ??
      {};
    if (source === undefined) continue;
    values[setting.name] = value;
    sources.set(setting.name, source);
  }
  const preset = values["preset"];
  if (preset === "development" || preset === "production")
    for (const [name, value] of Object.entries(presets[preset]))
      if (!sources.has(name)) {
        values[name] = value;
        sources.set(name, `preset ${preset}`);
      }
  const unknown = unknownVariables(environment, ["FLEET_WORKER_CONFIG", ...settings.map(({ env }) => env)]);
  const parsed = parseConfig(values);
  if ("issues" in parsed)
    throw new ConfigurationError([...unknown, ...faultLines(parsed.issues, values, sources)]);
  const faults = [...unknown, ...contradictions(parsed.config, sources)];
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { config: parsed.config, sources };
}

interface Found {
  readonly value: unknown;
  readonly source: string;
}

function fromFlag(setting: Setting, flags: Readonly<Record<string, string | boolean>>): Found | undefined {
  const value = flags[setting.name];
  if (value === undefined) return undefined;
  const source = `flag ${setting.flag?.split(" ")[0]}`;
  return { value: typeof value === "boolean" ? value : read(setting, value, source), source };
}

/** An empty variable is how a chart or a shell says "not set". */
function fromEnvironment(setting: Setting, environment: Environment): Found | undefined {
  const own = environment[setting.env];
  if (own !== undefined && own !== "")
    return { value: read(setting, own, setting.env), source: `environment ${setting.env}` };
  if (setting.alias === undefined) return undefined;
  const [variable, meant] = setting.alias;
  const known = environment[variable];
  return known === undefined || known === ""
    ? undefined
    : { value: read(setting, meant(known), variable), source: `environment ${variable}` };
}

/** A path in a file is meant from where that file lies. */
function fromFile({ name, kind }: Setting, told: Values, path: string | undefined): Found | undefined {
  const value = Object.hasOwn(told, name) ? told[name] : undefined;
  if (value === undefined || value === null || path === undefined) return undefined;
  const here = (text: string): string => resolve(dirname(path), text);
  const source = `file ${path}`;
  if (typeof value !== "string") return { value, source };
  if (kind === "path") return { value: here(value), source };
  if (kind !== "sink") return { value, source };
  const [, scheme, place] = /^(pglite|ndjson):(.+)$/.exec(value) ?? [];
  return { value: place === undefined ? value : `${scheme}:${here(place)}`, source };
}

/** Text as the setting's kind. What does not read as such stays text, for the schema to refuse. */
function read({ kind }: Setting, text: string, where: string): unknown {
  if (kind === "number") return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind === "list" && !text.startsWith("[")) return text.split(",");
  if (kind !== "list" && kind !== "structure") return text;
  try {
    return parse(text);
  } catch {
    throw new ConfigurationError([`${where}: expected YAML or JSON`]);
  }
}
