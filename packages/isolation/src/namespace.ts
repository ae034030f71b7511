import type { Argument, Command, ScopedCommand } from "./command.ts";
import { decide } from "./decide.ts";
import { CommandNotAllowedError, InvalidProjectError } from "./errors.ts";
import { checkOptions, locateKeys } from "./key-positions.ts";
import { restorer, unchanged } from "./restore.ts";

const projectPattern = /^[a-z0-9](?:[a-z0-9_-]{0,62})$/;

/**
 * A project's key space, or a whole instance that has one owner.
 *
 * Immutable and synchronous, without a clock or a connection: one object can be kept per project or made per call.
 */
export class Namespace {
  static readonly #dedicated = new Namespace(undefined);

  /** The project's id; undefined when the caller owns the whole instance. */
  readonly project: string | undefined;
  /** What stands before each key: `proj:<id>:`, or nothing. */
  readonly prefix: string;
  readonly #bytes: Buffer;
  readonly #restoreFirst: ScopedCommand["restore"];
  readonly #restoreEachFirst: ScopedCommand["restore"];

  private constructor(project: string | undefined) {
    this.project = project;
    this.prefix = project === undefined ? "" : `proj:${project}:`;
    this.#bytes = Buffer.from(this.prefix);
    this.#restoreFirst = restorer(this.prefix, this.#bytes, "first");
    this.#restoreEachFirst = restorer(this.prefix, this.#bytes, "each-first");
    Object.freeze(this);
  }

  /**
   * The key space of one project on an instance that others use too: every key becomes `proj:<id>:<key>`.
   *
   * @param id 1 to 63 of `a-z 0-9 _ -`, the first one a letter or digit. It is taken as it is, never normalised.
   * @throws InvalidProjectError when the id is anything else.
   */
  static project(id: string): Namespace {
    if (typeof id !== "string" || !projectPattern.test(id))
      throw new InvalidProjectError(`a project id is text that matches ${projectPattern.source}`);
    return new Namespace(id);
  }

  /** An instance that has one owner: no prefix; commands on the whole key space, scripts and PUBLISH are allowed too. */
  static dedicated(): Namespace {
    return Namespace.#dedicated;
  }

  /**
   * Decides one command: what to send, or a refusal. Names match exactly, in any case; arguments are never coerced.
   *
   * @throws CommandNotAllowedError when the command, or an option of it, is not allowed here.
   * @throws InvalidCommandError when it is not a flat array of text and bytes, or the number or order of its arguments is wrong.
   */
  scope(command: Command): ScopedCommand {
    const entry = decide(command);
    const { keys, access, lane } = entry;
    if (this.project === undefined) {
      if (entry.dedicated !== undefined) throw new CommandNotAllowedError(entry.name, entry.dedicated);
      if (keys !== undefined && keys.kind !== "range") checkOptions(entry.name, keys, command);
      return { command, access, lane, restore: unchanged };
    }
    if (entry.project !== undefined) throw new CommandNotAllowedError(entry.name, entry.project);
    const scoped = command.slice() as [string, ...Argument[]];
    if (keys !== undefined) {
      if (keys.kind === "range") {
        const last = keys.last < 0 ? scoped.length + keys.last : keys.last;
        for (let index = keys.first; index <= last; index += keys.step) this.#prefixAt(scoped, index);
      } else {
        for (const index of locateKeys(entry.name, keys, scoped)) this.#prefixAt(scoped, index);
      }
    }
    const { names } = entry;
    const restore =
      names === undefined ? unchanged : names === "first" ? this.#restoreFirst : this.#restoreEachFirst;
    return { command: scoped, access, lane, restore };
  }

  /**
   * An error text of the server as the caller may see it: NOGROUP names the key, here without the prefix.
   */
  restoreMessage(message: string): string {
    return this.project === undefined
      ? message
      : message
          .replaceAll(`key '${this.prefix}`, "key '")
          .replaceAll(`key name '${this.prefix}`, "key name '");
  }

  #prefixAt(scoped: [string, ...Argument[]], index: number): void {
    const key = scoped[index] as Argument;
    scoped[index] = typeof key === "string" ? this.prefix + key : Buffer.concat([this.#bytes, key]);
  }
}
