import { access, constants, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { YAMLError, parse } from "yaml";

import { type Config, type Setting, parseConfig, settings } from "./config-schema.ts";
import { contradictions } from "./contradictions.ts";
import { ConfigurationError } from "./errors.ts";
import { faultLines } from "./fault-lines.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Record<string, unknown>;

/** Where a value came from: `flag --listen-port`, `environment FLEET_LISTEN_PORT`, `file fleet.yaml`, `default`. */
export type Sources = ReadonlyMap<string, string>;

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
}

/**
 * Puts the configuration together - flag over environment over file over default - and checks it as a whole.
 *
 * @throws ConfigurationError with every fault.
 */
export async function loadConfig({ file, flags = {}, environment }: LoadOptions): Promise<LoadedConfig> {
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
  const config = withFilesBeside(parsed.config, path, sources);
  const faults = [...(await contradictions(config, environment)), ...(await unreadable(config))];
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { config, sources };
}

interface Layers {
  readonly tree: Tree;
  readonly path: string | undefined;
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Environment;
}

/** A value that the file already holds is left where it is. */
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
  if (valueAt(tree, setting.path) !== undefined) return { source: `file ${path}` };
  return { source: "default" };
}

/** Text as the setting's kind. What does not read as such stays text, for the schema to refuse. */
function valueOf({ kind, env }: Setting, text: string): unknown {
  if (kind === "number") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (kind === "text") return text;
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

/** A path in a file is meant from where that file lies. */
function withFilesBeside(config: Config, path: string | undefined, sources: Sources): Config {
  if (config.instancesFile === undefined) return config;
  const inFile = path !== undefined && sources.get("instancesFile") === `file ${path}`;
  return {
    ...config,
    instancesFile: inFile ? resolve(dirname(path), config.instancesFile) : config.instancesFile,
  };
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
