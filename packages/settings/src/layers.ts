import { dirname, resolve } from "node:path";

import { printed } from "@fleet/options";
import { parseDocument } from "yaml";

import type { Document } from "./document.ts";
import type { Setting } from "./setting.ts";
import { isTree, type Tree, valueAt } from "./tree.ts";
import { type Environment, isServiceLink } from "./variables.ts";

/** What the flags said, by the path of the setting; of a switch whether it is on. */
export type Flags = Readonly<Record<string, string | boolean>>;

/** A variable with a name of its own, known from elsewhere, for one setting or several. */
export interface Alias {
  readonly variable: string;
  /** Ends the sentence "expected ...". */
  readonly expected: string;
  /** Its text may hold a secret and is in no fault. @default as the setting has it */
  readonly secret?: true;
  /** A value in the file beside it is a fault. @default it is stronger than the file */
  readonly alone?: true;
  /** What the text means, by the path of each setting that it sets; undefined where it is not what was expected. */
  readonly means: Readonly<Record<string, (text: string) => unknown>>;
}

export interface Layers {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly document: Document | undefined;
  readonly aliases: readonly Alias[];
  /** Of sections whose variable holds them whole, by the path of the section; the tree is that of the whole configuration. */
  readonly sections: ReadonlyMap<string, { readonly variable: string; readonly tree: Tree }>;
  readonly preset: { readonly name: string; readonly values: Readonly<Record<string, unknown>> } | undefined;
}

export interface Found {
  readonly value: unknown;
  /** `flag --listen-port`, `environment FLEET_LISTEN_PORT`, `file fleet.yaml`, `preset production`. */
  readonly source: string;
}

/** Text that does not read as what it should. */
export class Unreadable {
  readonly fault: string;

  constructor(fault: string) {
    this.fault = fault;
  }
}

/** The value of the strongest layer that has one; undefined where none has. */
export function strongest(setting: Setting, layers: Layers): Found | Unreadable | undefined {
  return (
    fromFlag(setting, layers) ??
    fromOwnVariable(setting, layers) ??
    fromSectionVariable(setting, layers) ??
    fromAlias(setting, layers) ??
    fromFile(setting, layers) ??
    fromPreset(setting, layers)
  );
}

/** An empty variable is how a chart or a shell says "not set". */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === "" || value === undefined || isServiceLink(name, environment) ? undefined : value;
}

function fromFlag(setting: Setting, { flags }: Layers): Found | Unreadable | undefined {
  const value = flags[setting.path];
  const name = setting.flag?.split(" ")[0] ?? "";
  if (value === undefined) return undefined;
  const source = `flag ${name}`;
  return typeof value === "boolean" ? { value, source } : read(setting, value, name, source);
}

function fromOwnVariable(setting: Setting, { environment }: Layers): Found | Unreadable | undefined {
  const text = variable(environment, setting.env);
  return text === undefined ? undefined : read(setting, text, setting.env, `environment ${setting.env}`);
}

function fromAlias(setting: Setting, layers: Layers): Found | Unreadable | undefined {
  const { environment, aliases } = layers;
  for (const { variable: name, means, expected, secret, alone } of aliases) {
    const text = variable(environment, name);
    const meaning = means[setting.path];
    if (text === undefined || meaning === undefined) continue;
    const value = meaning(text);
    const beside = alone === undefined || value === undefined ? undefined : fromFile(setting, layers);
    if (beside !== undefined)
      return new Unreadable(
        `${name}: ${setting.path} stands in the ${beside.source} too, and neither wins; leave one of them out`,
      );
    if (value !== undefined) return { value, source: `environment ${name}` };
    const got = setting.secret === undefined && secret === undefined ? `, got ${printed(text)}` : "";
    return new Unreadable(`${name}: expected ${expected}${got}`);
  }
  return undefined;
}

function fromSectionVariable({ path }: Setting, { sections }: Layers): Found | undefined {
  for (const { variable: name, tree } of sections.values()) {
    const value = valueAt(tree, path);
    if (value !== undefined) return { value, source: `environment ${name}` };
  }
  return undefined;
}

function fromFile({ path, kind, resolve: absolute }: Setting, { document }: Layers): Found | undefined {
  const value = valueAt(document?.tree, path);
  if (value === undefined || document === undefined) return undefined;
  const source = `file ${document.path}`;
  if (typeof value !== "string") return { value, source };
  const here = (place: string): string => resolve(dirname(document.path), place);
  if (absolute !== undefined) return { value: absolute(value, here), source };
  return { value: kind === "path" ? here(value) : value, source };
}

function fromPreset({ path }: Setting, { preset }: Layers): Found | undefined {
  if (preset === undefined || !Object.hasOwn(preset.values, path)) return undefined;
  return { value: preset.values[path], source: `preset ${preset.name}` };
}

/** Text as the setting's kind. What does not read as such stays text, for the schema to refuse. */
function read({ kind }: Setting, text: string, where: string, source: string): Found | Unreadable {
  if (kind === "number")
    return { value: /^(?:-?\d+(?:\.\d+)?|Infinity)$/.test(text) ? Number(text) : text, source };
  if (kind === "boolean") return { value: text === "true" || (text === "false" ? false : text), source };
  if (kind === "text" || kind === "path") return { value: text, source };
  if (kind === "list" && !isYamlList(text.trim()))
    return { value: text === "*" ? text : text.split(",").map((name) => name.trim()), source };
  const value = readYaml(text);
  return value instanceof Unreadable ? new Unreadable(`${where}: ${value.fault}`) : { value, source };
}

/** `[::1]:26379,[::2]` is no YAML: its first bracket ends before the first comma. */
const isYamlList = (text: string): boolean =>
  text.startsWith("[") && text.endsWith("]") && !/^\[[^[\],]*\][^,[\]]*,/.test(text);

/** A variable that holds a whole section. */
export function readSection(text: string, name: string): Tree | Unreadable {
  const value = readYaml(text);
  if (value instanceof Unreadable) return new Unreadable(`${name}: ${value.fault}`);
  return isTree(value) ? value : new Unreadable(`${name}: expected a mapping in YAML or JSON`);
}

/** Its own message may quote the text, in which a secret may stand. */
function readYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const isBroken = document.errors.length + document.warnings.length > 0;
  try {
    return isBroken ? new Unreadable("expected YAML or JSON") : (document.toJS() as unknown);
  } catch {
    return new Unreadable("expected YAML or JSON");
  }
}
