import type { z } from "zod";

import { Document } from "./document.ts";
import { faultLines, settingAt } from "./faults.ts";
import {
  type Alias,
  type Flags,
  type Layers,
  readSection,
  strongest,
  Unreadable,
  variable,
} from "./layers.ts";
import { type Setting, settingsIn } from "./setting.ts";
import { hasRoom, isTree, leavesOf, place, remove, type Tree, valueAt } from "./tree.ts";
import { type Environment, referencesIn, unknownVariables } from "./variables.ts";

/** Where each value came from, by the path of its setting: `flag --listen-port`, `file fleet.yaml`, `default`. */
export type Sources = ReadonlyMap<string, string>;

/** Values by the path of their setting. */
export type Preset = Readonly<Record<string, unknown>>;

/** How an app is configured. */
export interface Definition {
  /** A strict object of settings and of sections of settings. */
  readonly schema: z.ZodObject;
  /** What the names of its variables begin with: `FLEET_`. That with CONFIG behind it names the file. */
  readonly prefix: string;
  /** By their names, which the setting `preset` takes. @default none */
  readonly presets?: Readonly<Record<string, Preset>>;
  readonly aliases?: readonly Alias[];
  /** Beginnings of names of which an unknown variable is a fault. @default the prefix */
  readonly guards?: readonly string[];
  /** Why a variable that begins so is none of this app's. */
  readonly foreign?: (name: string) => string | undefined;
  /** Whether a text is a secret wherever it stands. @default never */
  readonly isSecret?: (text: string) => boolean;
  /** What is said of an unknown key that people take for a setting. */
  readonly unknownKey?: (path: readonly string[]) => string | undefined;
  /** What is thrown with the faults, one a line. */
  readonly failed: (faults: readonly string[]) => Error;
}

/** A configuration in which each value is right by itself; one that is not has its default here. */
export interface Checked<C> {
  readonly config: C;
  readonly sources: Sources;
  /** Whether a setting, or one in this section, has a fault already: nothing more need be said of it. */
  readonly isFaulty: (path: string) => boolean;
}

export interface LoadInput<C> {
  /** The path of the configuration file. @default the one that the variable CONFIG names, or none */
  readonly file?: string | undefined;
  /** What the command line said. @default nothing */
  readonly flags?: Flags;
  /** The variables of the process. */
  readonly environment: Environment;
  /** Finds what is wrong although each value by itself is right: a line each. */
  readonly check?: (checked: Checked<C>) => Promise<readonly string[]> | readonly string[];
  /** Names of variables that references lead to which do not stand in the configuration itself. */
  readonly referenced?: (config: C) => Promise<readonly string[]>;
}

export interface Loaded<C> {
  readonly config: C;
  readonly sources: Sources;
  /** What `--print-config` says beside the values, as of variables that are left alone. */
  readonly remarks: readonly string[];
}

/** The settings of an app: flag over environment over file over preset over default. */
export class Settings<C> {
  /** In the order of the schema. */
  readonly all: readonly Setting[];
  readonly #definition: Definition;
  readonly #sections: readonly string[];

  constructor(definition: Definition) {
    this.#definition = definition;
    const { schema, prefix, aliases = [] } = definition;
    this.all = settingsIn(schema, prefix).map((setting) => ({
      ...setting,
      aliases: aliases.filter(({ means }) => setting.path in means).map((alias) => alias.variable),
    }));
    const parents = this.all.flatMap(({ path }) =>
      path.includes(".") ? [path.slice(0, path.indexOf("."))] : [],
    );
    const taken = new Set(this.all.map(({ env }) => env));
    this.#sections = [...new Set(parents)].filter((section) => !taken.has(this.#variableOf(section)));
  }

  /** Every variable that counts. */
  get variables(): readonly string[] {
    const { prefix, aliases = [] } = this.#definition;
    return [
      `${prefix}CONFIG`,
      ...this.all.map(({ env }) => env),
      ...this.#sections.map((section) => this.#variableOf(section)),
      ...aliases.map((alias) => alias.variable),
    ];
  }

  /**
   * Puts the configuration together and checks it as a whole.
   *
   * @throws what `failed` makes, with every fault that there is.
   */
  async load(options: LoadInput<C>): Promise<Loaded<C>> {
    const { schema, prefix, failed, isSecret = () => false, unknownKey } = this.#definition;
    const { environment } = options;
    const path = options.file ?? variable(environment, `${prefix}CONFIG`);
    const read = path === undefined ? undefined : await Document.read(path);
    const document = read instanceof Document ? read : undefined;
    const { layers, faults: sectionFaults } = this.#layers(options, document);
    const { tree, sources, unreadable } = this.#values(layers);
    const origin = (at: readonly PropertyKey[]): string => this.#origin(at, sources, layers);
    const issues = schema.safeParse(tree).error?.issues ?? [];
    const faults = [
      ...faultLines(issues, { settings: this.all, schema, tree, sources, origin, isSecret, unknownKey }),
    ];
    const faulty = [...unreadable.keys(), ...issues.map((issue) => this.#faultyPath(issue))];
    const config = this.#usable(tree, issues);
    const more = config === undefined ? [] : ((await options.referenced?.(config)) ?? []);
    const { faults: unknown, remarks } = unknownVariables({
      environment,
      prefixes: this.#definition.guards ?? [prefix],
      known: this.variables,
      referenced: new Set([...referencesIn(tree), ...more]),
      foreign: this.#definition.foreign,
    });
    const isWhole = read === undefined || read.faults.length === 0;
    // What a file that cannot be read would have said is not missing.
    const contradictions =
      config === undefined || !isWhole
        ? []
        : ((await options.check?.({ config, sources, isFaulty: (one) => isFaulty(faulty, one) })) ?? []);
    const all = [
      ...(read?.faults ?? []),
      ...unknown,
      ...sectionFaults,
      ...new Set(unreadable.values()),
      ...faults,
      ...contradictions,
    ];
    if (all.length > 0 || config === undefined) throw failed(all);
    return { config, sources, remarks };
  }

  #layers(
    { flags = {}, environment }: LoadInput<C>,
    document: Document | undefined,
  ): { readonly layers: Layers; readonly faults: readonly string[] } {
    const { presets = {}, aliases = [] } = this.#definition;
    const sections = new Map<string, { readonly variable: string; readonly tree: Tree }>();
    const faults: string[] = [];
    for (const section of this.#sections) {
      const name = this.#variableOf(section);
      const text = variable(environment, name);
      if (text === undefined) continue;
      const given = readSection(text, name);
      if (given instanceof Unreadable) {
        faults.push(given.fault);
        continue;
      }
      const tree: Tree = {};
      for (const [path, value] of leavesOf({ [section]: given }, this.#isSetting))
        if (valueAt(tree, path) === undefined && hasRoom(tree, path)) place(tree, path, value);
        else faults.push(`${name}: ${path} stands twice`);
      sections.set(section, { variable: name, tree });
    }
    const layers: Layers = { flags, environment, document, aliases, sections, preset: undefined };
    const chosen = this.all.find(({ path }) => path === "preset");
    const found = chosen === undefined ? undefined : strongest(chosen, layers);
    const name = found === undefined || found instanceof Unreadable ? undefined : found.value;
    const values = typeof name === "string" && Object.hasOwn(presets, name) ? presets[name] : undefined;
    const preset = values === undefined ? undefined : { name: String(name), values };
    return { layers: { ...layers, preset }, faults };
  }

  /** What the layers give together: unknown keys too, for the schema to refuse. */
  #values(layers: Layers): {
    readonly tree: Tree;
    readonly sources: Map<string, string>;
    readonly unreadable: ReadonlyMap<string, string>;
  } {
    const tree = structuredClone(layers.document?.tree ?? {});
    const sources = new Map<string, string>();
    const unreadable = new Map<string, string>();
    for (const given of layers.sections.values())
      for (const [path, value] of leavesOf(given.tree, this.#isSetting)) {
        // Whatever is no setting stands here only to be refused, but for a section that is empty.
        const isThere = isTree(value) && isTree(valueAt(tree, path));
        if (this.#isSetting(path) || isThere || !hasRoom(tree, path)) continue;
        // A fault may be of what it stands in, where no other layer has that.
        const keys = path.split(".");
        for (let length = keys.length; length > 0; length -= 1) {
          const at = keys.slice(0, length).join(".");
          if (at === path || valueAt(tree, at) === undefined)
            sources.set(at, `environment ${given.variable}`);
        }
        place(tree, path, value);
      }
    for (const setting of this.all) {
      const found = strongest(setting, layers);
      if (found instanceof Unreadable) {
        unreadable.set(setting.path, found.fault);
        remove(tree, setting.path.split("."));
        // A section that is no mapping stays, for the schema to refuse.
      } else if (found !== undefined && hasRoom(tree, setting.path)) place(tree, setting.path, found.value);
      sources.set(
        setting.path,
        found === undefined || found instanceof Unreadable ? "default" : found.source,
      );
    }
    return { tree, sources, unreadable };
  }

  readonly #isSetting = (path: string): boolean => this.all.some((setting) => setting.path === path);

  #origin(path: readonly PropertyKey[], sources: Sources, { document }: Layers): string {
    const inFile = (): string => {
      const line = document?.lineOf(path);
      return document === undefined || line === undefined ? "" : ` (file ${document.path}:${line})`;
    };
    for (let length = path.length; length > 0; length -= 1) {
      const source = sources.get(path.slice(0, length).map(String).join("."));
      if (source === undefined) continue;
      return source === "default" ? "" : source.startsWith("file ") ? inFile() : ` (${source})`;
    }
    return inFile();
  }

  #faultyPath(issue: z.core.$ZodIssue): string {
    const keys = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path;
    return settingAt(this.all, keys)?.path ?? keys.map(String).join(".");
  }

  /** The configuration with the defaults of what is faulty; undefined where even that makes none. */
  #usable(tree: Tree, issues: readonly z.core.$ZodIssue[]): C | undefined {
    const { schema } = this.#definition;
    const rest = structuredClone(tree);
    let left = issues;
    // First what is faulty goes; where something was needed, the section with it.
    for (const isWhole of [false, true, true]) {
      for (const issue of left) {
        const unknown =
          issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [];
        const setting = settingAt(this.all, issue.path)?.path.split(".") ?? issue.path;
        if (isWhole) remove(rest, issue.path.slice(0, 1));
        else for (const path of unknown.length > 0 ? unknown : [setting]) remove(rest, path);
      }
      const parsed = schema.safeParse(rest);
      if (parsed.success) return parsed.data as C;
      left = parsed.error.issues;
    }
    return undefined;
  }

  #variableOf(section: string): string {
    const words = section.replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
    return this.#definition.prefix + words.toUpperCase();
  }
}

function isFaulty(faulty: readonly string[], path: string): boolean {
  return faulty.some((one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`));
}
