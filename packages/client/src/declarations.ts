import {
  type Command,
  CommandNotAllowedError,
  declaredCommands,
  Namespace,
  type Reply,
} from "@fleet/isolation";

import type { Selector } from "./walk/call-options.ts";

/** How long an answer counts, in milliseconds: a module may be loaded, or the server replaced, at any time. */
const declaredMs = 60_000;
const undeclaredMs = 5000;

/** Names come from callers: without a bound they would fill the memory. */
const maxRemembered = 1024;

/** Longer than any command's name. */
const maxNameLength = 64;

interface Remembered {
  /** The row of COMMAND INFO; null where the server has no such command. */
  readonly row: Reply;
  readonly until: number;
}

export interface DeclarationsOptions {
  /** Milliseconds, near enough. */
  readonly now: () => number;
  /** Sends COMMAND INFO for these names to an endpoint of what is selected. */
  readonly ask: (selector: Selector, names: readonly string[]) => Promise<Reply>;
}

/** What servers declare of commands that stand in no table: their owners may use them. */
export class Declarations {
  readonly #now: () => number;
  readonly #ask: DeclarationsOptions["ask"];
  /** By what is selected and name. */
  readonly #known = new Map<string, Remembered>();
  readonly #made = new WeakSet<Namespace>();

  constructor({ now, ask }: DeclarationsOptions) {
    this.#now = now;
    this.#ask = ask;
  }

  /**
   * The namespace that knows what the server declares; undefined where it would decide as before: for a project, for another
   * refusal, or when it was asked already.
   *
   * @param refusal what the commands were refused with, or the first of them.
   * @throws what the question fails with.
   */
  async widened(
    selector: Selector,
    { namespace = Namespace.dedicated() }: { readonly namespace?: Namespace | undefined },
    commands: readonly Command[],
    refusal: unknown,
  ): Promise<Namespace | undefined> {
    if (!isUnknown(refusal) || namespace.project !== undefined || this.#made.has(namespace)) return undefined;
    const rows = await this.#rows(selector, unknownNames(commands));
    const declared = declaredCommands(rows);
    if (declared.size === 0) return undefined;
    const widened = Namespace.dedicated({ declared });
    this.#made.add(widened);
    return widened;
  }

  async #rows(selector: Selector, names: ReadonlySet<string>): Promise<Reply[]> {
    const rows: Reply[] = [];
    const missing: string[] = [];
    for (const name of names) {
      const known = this.#known.get(keyOf(selector, name));
      if (known !== undefined && known.until > this.#now()) rows.push(known.row);
      else missing.push(name);
    }
    if (missing.length === 0) return rows;
    const reply = await this.#ask(selector, missing);
    const answered = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
    for (const [index, name] of missing.entries()) {
      const row = answered[index] ?? null;
      rows.push(row);
      this.#remember(keyOf(selector, name), row);
    }
    return rows;
  }

  #remember(key: string, row: Reply): void {
    this.#known.delete(key);
    this.#known.set(key, { row, until: this.#now() + (row === null ? undeclaredMs : declaredMs) });
    for (const [oldest] of this.#known) {
      if (this.#known.size <= maxRemembered) break;
      this.#known.delete(oldest);
    }
  }
}

/** A refusal that the server's own table may lift. */
export function isUnknown(refusal: unknown): boolean {
  return refusal instanceof CommandNotAllowedError && refusal.reason === "unknown";
}

function unknownNames(commands: readonly Command[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const command of commands) {
    try {
      Namespace.dedicated().scope(command);
    } catch (error) {
      if (isUnknown(error) && command[0].length <= maxNameLength) names.add(command[0].toUpperCase());
    }
  }
  return names;
}

function keyOf({ instance, group }: Selector, name: string): string {
  return JSON.stringify([instance ?? null, group ?? null, name]);
}
