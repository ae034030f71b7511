import { ask, type Send, textsOf } from "./ask.ts";

/**
 * What a server can run, and what a user's rules come to there.
 *
 * Redis 7.0 says a user's rules in another form than it was given them in, by category where that is shorter; so rules are compared by
 * what they allow.
 */
export class ServerCommands {
  /** Of COMMAND LIST: lower case, subcommands behind a bar. */
  readonly list: readonly string[];
  /** Those that are run, and no containers. */
  readonly #leaves: readonly string[];
  /** By name, with what a rule of that name speaks of: a container's subcommands, else itself. */
  readonly #named = new Map<string, string[]>();
  readonly #categories = new Map<string, readonly string[]>();

  constructor(list: readonly string[]) {
    this.list = list;
    const containers = new Set(list.filter((name) => name.includes("|")).map(containerOf));
    this.#leaves = list.filter((name) => !containers.has(name));
    for (const leaf of this.#leaves) {
      this.#add(leaf, leaf);
      if (leaf.includes("|")) this.#add(containerOf(leaf), leaf);
    }
  }

  /** @throws AclUnsupportedError, AclForbiddenError, and what `send` rejects with besides. */
  static async read(send: Send): Promise<ServerCommands> {
    const names = textsOf(await ask(send, ["COMMAND", "LIST"]));
    return new ServerCommands(names.map((name) => name.toLowerCase()));
  }

  /** What these rules, `-@all +@string -get`, allow in that order. A rule on an argument (`+select|0`) stands for itself. */
  async allowedBy(rules: readonly string[], send: Send): Promise<ReadonlySet<string>> {
    const allowed = new Set<string>();
    for (const rule of rules) {
      const name = rule.slice(1);
      const names = name.startsWith("@")
        ? await this.#category(name.slice(1), send)
        : (this.#named.get(name) ?? [name]);
      for (const leaf of names)
        if (rule.startsWith("+")) allowed.add(leaf);
        else allowed.delete(leaf);
    }
    return allowed;
  }

  async #category(name: string, send: Send): Promise<readonly string[]> {
    if (name === "all") return this.#leaves;
    let names = this.#categories.get(name);
    if (names === undefined) {
      const all = new Set(textsOf(await ask(send, ["ACL", "CAT", name])));
      names = this.#leaves.filter((leaf) => all.has(leaf));
      this.#categories.set(name, names);
    }
    return names;
  }

  #add(name: string, leaf: string): void {
    const leaves = this.#named.get(name);
    if (leaves === undefined) this.#named.set(name, [leaf]);
    else leaves.push(leaf);
  }
}

function containerOf(name: string): string {
  return name.slice(0, name.indexOf("|"));
}
