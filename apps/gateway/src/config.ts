import { access, constants, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { YAMLError, parse } from "yaml";

import { type Config, type Setting, parseConfig, settings } from "./config/config-schema.ts";
import { contradictions, namesIn } from "./config/contradictions.ts";
import { faultLines } from "./config/fault-lines.ts";
import type { Sources } from "./config/fault-lines.ts";
import { ConfigurationError } from "./errors.ts";
import { discoveryFaults } from "./sources/discovery-faults.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Record<string, unknown>;

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Sources;
}

interface LoadOptions {
  /** The configuration file; else the one that FLEET_CONFIG names; else none. */
  readonly file?: string | undefined;
  /** What the flags said, by the path of the setting. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment: Environment;
  /** Whether it is for a gateway, which has tokens. @default true */
  readonly serves?: boolean;
}

/**
 * Puts the configuration together - flag over environment over file over default - and checks it as a whole.
 *
 * @throws ConfigurationError with every fault.
 */
export async function loadConfig({
  file,
  flags = {},
  environment,
  serves = true,
}: LoadOptions): Promise<LoadedConfig> {
  const named = environment["FLEET_CONFIG"];
  const path = file ?? (named === "" ? undefined : named);
  const tree = path === undefined ? {} : await readTree(path);
  const sources = new Map<string, string>();
  for (const setting of settings) {
    const { value, source } = strongest(setting, { tree, path, flags, environment });
    sources.set(setting.path, source);
    if (value !== undefined) place(tree, setting.path, value);
  }
  const parsed = parseConfig(tree);
  if ("issues" in parsed) throw new ConfigurationError(faultLines(parsed.issues, tree, sources));
  const { config } = parsed;
  const faults = await discoveryFaults(config, environment);
  if (serves) faults.push(...contradictions(config, faults.length === 0 ? namesIn(config) : new Set()));
  faults.push(...(await unreadable(config)));
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { config, sources };
}

interface Layers {
  readonly tree: Tree;
  readonly path: string | undefined;
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Environment;
}

/** A value that the file already holds as it counts is left where it is. */
function strongest(
  setting: Setting,
  { tree, path, flags, environment }: Layers,
): { value?: unknown; source: string } {
  const flag = flags[setting.path];
  if (flag !== undefined)
    return { value: valueOf(setting, flag), source: `flag ${setting.flag?.split(" ")[0]}` };
  const variable = environment[setting.env];
  // An empty variable is how a chart or a shell says "not set".
  if (variable !== undefined && variable !== "")
    return { value: valueOf(setting, variable), source: `environment ${setting.env}` };
  const value = valueAt(tree, setting.path);
  if (value === undefined || path === undefined) return { source: "default" };
  // A path in a file is meant from where that file lies.
  const isPath = setting.kind === "path" && typeof value === "string";
  return { source: `file ${path}`, ...(isPath && { value: resolve(dirname(path), value) }) };
}

/** Text as the setting's kind. What does not read as such stays text, for the schema to refuse. */
function valueOf({ kind, env }: Setting, text: string): unknown {
  if (kind === "number") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (kind === "text" || kind === "path") return text;
  if (kind === "list" && !text.startsWith("["))
    return text === "*" ? text : text.split(",").map((name) => name.trim());
  try {
    return parse(text);
  } catch {
    throw new ConfigurationError([`${env}: expected YAML or JSON`]);
  }
}

async function readTree(path: string): Promise<Tree> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new ConfigurationError([`${path}: the configuration file cannot be read (${code})`]);
  }
  let tree: unknown;
  try {
    tree = parse(text, { prettyErrors: false });
  } catch (error) {
    // Its message may quote the file, and secrets stand in files although they should not.
    const [line, why] =
      error instanceof YAMLError
        ? [text.slice(0, error.pos[0]).split("\n").length, error.code]
        : [1, "it cannot be resolved"];
    throw new ConfigurationError([`${path}:${line}: not YAML or JSON (${why})`]);
  }
  if (tree === null || tree === undefined) return {};
  if (typeof tree !== "object" || Array.isArray(tree))
    throw new ConfigurationError([`${path}: expected a mapping of settings`]);
  return tree as Tree;
}

function valueAt(tree: Tree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Tree)[key];
  }
  return value;
}

function place(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = tree;
  for (const key of keys) {
    const next = at[key];
    at = (typeof next === "object" && next !== null ? next : (at[key] = {})) as Tree;
  }
  at[last] = value;
}

async function unreadable({ instancesFile }: Config): Promise<string[]> {
  if (instancesFile === undefined) return [];
  try {
    await access(instancesFile, constants.R_OK);
    return [];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    return [`instancesFile: ${instancesFile} cannot be read (${code})`];
  }
}
