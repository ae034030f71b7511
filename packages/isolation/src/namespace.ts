import { type Entry } from "./command-table.ts";
import type { Argument, Command, ScopedCommand } from "./command.ts";
import { withoutSecrets } from "./config-get.ts";
import { decide } from "./decide.ts";
import type { DeclaredCommands } from "./declared-commands.ts";
import { CommandNotAllowedError, InvalidOptionError, InvalidProjectError } from "./errors.ts";
import { checkOptions, locateKeys } from "./key-positions.ts";
import { Prefix } from "./keyspace/prefix.ts";
import { isKeyword } from "./keyword.ts";
import { restoredMessage } from "./message.ts";
import { restorer, unchanged } from "./restore.ts";

const projectPattern = /^[a-z0-9](?:[a-z0-9_-]{0,62})$/;

/** What a project may do beyond the table; each is safe only where the server knows a user for each project, and checks its keys. */
export interface ProjectOptions {
  /** EVAL, EVALSHA, FCALL, their _RO forms, SCRIPT LOAD and SCRIPT EXISTS. A script may name any key. @default false */
  readonly scripts?: boolean;
  /** DUMP and RESTORE, and SCANDUMP and LOADCHUNK of filters: the server takes an image of its memory as it comes. @default false */
  readonly transfer?: boolean;
}

export interface DedicatedOptions {
  /** What the server says of commands that stand in no table here, of `declaredCommands()`. @default none: they are refused */
  readonly declared?: DeclaredCommands;
}

/**
 * A project's key space, or a whole instance that has one owner.
 *
 * Immutable and synchronous, without a clock or a connection: one object can be kept per project or made per call.
 */
export class Namespace {
  static readonly #dedicated = new Namespace(undefined, {}, undefined);

  /** The project's id; undefined when the caller owns the whole instance. */
  readonly project: string | undefined;
  /** What stands before each key: `proj:<id>:`, or nothing. */
  readonly prefix: string;
  readonly #bytes: Buffer;
  readonly #names: Prefix;
  readonly #grants: ProjectOptions;
  readonly #declared: DeclaredCommands | undefined;
  readonly #restore: Readonly<Record<NonNullable<Entry["names"]>, ScopedCommand["restore"]>>;

  private constructor(
    project: string | undefined,
    grants: ProjectOptions,
    declared: DeclaredCommands | undefined,
  ) {
    this.project = project;
    this.prefix = project === undefined ? "" : `proj:${project}:`;
    this.#bytes = Buffer.from(this.prefix);
    this.#names = new Prefix(this.prefix);
    this.#grants = grants;
    this.#declared = declared;
    this.#restore = {
      first: restorer(this.prefix, this.#bytes, "first"),
      "each-first": restorer(this.prefix, this.#bytes, "each-first"),
      "series-info": restorer(this.prefix, this.#bytes, "series-info"),
    };
    Object.freeze(this);
  }

  /**
   * The key space of one project on an instance that others use too: every key becomes `proj:<id>:<key>`, and every channel.
   *
   * @param id 1 to 63 of `a-z 0-9 _ -`, the first one a letter or digit. It is taken as it is, never normalised.
   * @throws InvalidProjectError when the id is anything else.
   * @throws InvalidOptionError when an option is not a boolean, or unknown.
   */
  static project(id: string, options: ProjectOptions = {}): Namespace {
    if (typeof id !== "string" || !projectPattern.test(id))
      throw new InvalidProjectError(`a project id is text that matches ${projectPattern.source}`);
    for (const [name, value] of Object.entries(options)) {
      if (name !== "scripts" && name !== "transfer")
        throw new InvalidOptionError(name, "absent: there is no such option", value);
      if (value !== undefined && typeof value !== "boolean")
        throw new InvalidOptionError(name, "true or false", value);
    }
    return new Namespace(id, { ...options }, undefined);
  }

  /** An instance that has one owner: no prefix; commands on the whole key space, scripts and questions about the server are allowed too. */
  static dedicated({ declared }: DedicatedOptions = {}): Namespace {
    return declared === undefined ? Namespace.#dedicated : new Namespace(undefined, {}, declared);
  }

  /**
   * Decides one command: what to send, or a refusal. Names match exactly, in any case; arguments are never coerced.
   *
   * @throws CommandNotAllowedError when the command, or an option of it, is not allowed here.
   * @throws InvalidCommandError when it is not a flat array of text and bytes, or the number or order of its arguments is wrong.
   */
  scope(command: Command): ScopedCommand {
    const entry = decide(command, this.#declared);
    return this.project === undefined ? this.#ofOwner(entry, command) : this.#ofProject(entry, command);
  }

  /**
   * An error text of the server as the caller may see it: without the prefix where it names a key or a channel.
   *
   * @param command The caller's command that it answers, or several of which it answers one. Without it only the texts that name a
   *   key in a place of its own are known.
   */
  restoreMessage(message: string, ...commands: readonly Command[]): string {
    if (this.project === undefined || !message.includes(this.prefix)) return message;
    const pairs = commands.flatMap((command) => {
      try {
        return [{ given: command, sent: this.scope(command).command }];
      } catch {
        // Refused: it cannot be what the server answers.
        return [];
      }
    });
    return restoredMessage(message, this.prefix, pairs);
  }

  #ofOwner(entry: Entry, command: Command): ScopedCommand {
    const { keys, access, lane, emulated } = entry;
    if (entry.dedicated !== undefined) throw new CommandNotAllowedError(entry.name, entry.dedicated);
    if (keys !== undefined && keys.kind !== "range") checkOptions(entry.name, keys, command);
    const program = emulated?.forOwner?.(command);
    if (program !== undefined) return { command: harmless, access, lane, restore: unchanged, program };
    const restore = entry.name === "CONFIG GET" ? withoutSecrets(command) : unchanged;
    return { command, access, lane, restore };
  }

  #ofProject(entry: Entry, command: Command): ScopedCommand {
    const { keys, access, lane, names, emulated, project: reason, needs } = entry;
    if (reason !== undefined && (needs === undefined || this.#grants[needs] !== true))
      throw new CommandNotAllowedError(entry.name, reason, { forOwner: entry.dedicated === undefined });
    if (emulated !== undefined) {
      const program = emulated.inProject(this.#names, command);
      return { command: harmless, access, lane, restore: unchanged, program, as: "fleet" };
    }
    const scoped = command.slice() as [string, ...Argument[]];
    if (keys !== undefined) {
      if (keys.kind === "range") {
        const last = keys.last < 0 ? scoped.length + keys.last : keys.last;
        for (let index = keys.first; index <= last; index += keys.step) this.#prefixAt(scoped, index);
      } else {
        for (const index of locateKeys(entry.name, keys, scoped)) this.#prefixAt(scoped, index);
      }
    }
    const restore = names === undefined ? unchanged : this.#restore[names];
    // The server denies GET # to its users as if it were a pattern.
    if (entry.privileged || (keys?.kind === "sort" && command.some((argument) => isKeyword(argument, "GET"))))
      return { command: scoped, access, lane, restore, as: "fleet" };
    return { command: scoped, access, lane, restore };
  }

  #prefixAt(scoped: [string, ...Argument[]], index: number): void {
    const key = scoped[index] as Argument;
    scoped[index] = typeof key === "string" ? this.prefix + key : Buffer.concat([this.#bytes, key]);
  }
}

/** What stands in for a command that a program does. */
const harmless: Command = Object.freeze(["PING"] as const);
