import { readFile } from "node:fs/promises";

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document as YamlDocument } from "yaml";

import { hasRoom, isTree, place, type Tree, valueAt } from "./tree.ts";

/** A configuration file: YAML, or JSON, which is YAML too. */
export class Document {
  readonly path: string;
  /** Empty where there are faults. */
  readonly tree: Tree = {};
  /** Why the file cannot be used. They never quote it: secrets stand in files although they should not. */
  readonly faults: readonly string[];
  readonly #yaml: YamlDocument;
  readonly #lines: LineCounter;

  private constructor(path: string, text: string) {
    this.path = path;
    this.#lines = new LineCounter();
    this.#yaml = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.faults = this.#faultsOf();
    if (this.faults.length > 0) return;
    // `pool.exclusive.max: 5` is short for the mappings, as `--print-config` writes it.
    const twice: string[] = [];
    const isDotted = ([key]: [string, unknown]): number => Number(key.includes("."));
    const entries = Object.entries((this.#yaml.toJS() ?? {}) as Tree);
    for (const [key, value] of entries.toSorted((one, other) => isDotted(one) - isDotted(other)))
      if (valueAt(this.tree, key) === undefined && hasRoom(this.tree, key)) place(this.tree, key, value);
      else twice.push(`${path}:${this.lineOf([key])}: ${key} stands twice`);
    this.faults = twice;
  }

  static async read(path: string): Promise<Document | { readonly faults: readonly string[] }> {
    try {
      return new Document(path, await readFile(path, "utf8"));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
      return { faults: [`${path}: the configuration file cannot be read (${code})`] };
    }
  }

  /** The line of the innermost part of a path that the file has; undefined where it has none of it. */
  lineOf(path: readonly PropertyKey[]): number | undefined {
    const { contents } = this.#yaml;
    for (let length = path.length; length > 0; length -= 1) {
      const dotted = path.slice(0, length).map(String).join(".");
      if (isMap(contents) && contents.has(dotted))
        return this.#lineWithin(contents, [dotted, ...path.slice(length)]);
    }
    return this.#lineWithin(contents, path);
  }

  #lineWithin(contents: unknown, path: readonly PropertyKey[]): number | undefined {
    let node = contents;
    let offset: number | undefined;
    for (const key of path) {
      if (isSeq(node)) {
        node = node.items[Number(key)];
        offset = (node as { readonly range?: readonly number[] } | undefined)?.range?.[0] ?? offset;
        continue;
      }
      if (!isMap(node)) break;
      const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
      if (pair === undefined) break;
      offset = (pair.key as { readonly range?: readonly number[] }).range?.[0] ?? offset;
      node = pair.value;
    }
    return offset === undefined ? undefined : this.#lines.linePos(offset).line;
  }

  #faultsOf(): readonly string[] {
    const { errors, warnings } = this.#yaml;
    const broken = [...errors, ...warnings].map(
      ({ pos, code }) => `${this.path}:${this.#lines.linePos(pos[0]).line}: not YAML or JSON (${code})`,
    );
    if (broken.length > 0) return [...new Set(broken)];
    try {
      const tree: unknown = this.#yaml.toJS() ?? {};
      return isTree(tree) ? [] : [`${this.path}: expected a mapping of settings`];
    } catch {
      return [`${this.path}: not YAML or JSON (it cannot be resolved)`];
    }
  }
}
