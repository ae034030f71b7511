import type { Argument, Command, Reply } from "../command.ts";
import { ForeignKeyError } from "../errors.ts";

/** What stands before each name of a project, to look for names by it and to take it off again. */
export class Prefix {
  static readonly none: Prefix = new Prefix("");
  readonly #bytes: Buffer;
  readonly #literal: Buffer;

  constructor(prefix: string) {
    this.#bytes = Buffer.from(prefix);
    this.#literal = Buffer.from(literally(prefix));
  }

  /** The pattern that matches what the caller's pattern matches, behind the prefix. */
  pattern(pattern: Argument): Buffer {
    return Buffer.concat([this.#literal, Buffer.from(pattern as string)]);
  }

  /** The name of the server's. */
  full(name: Buffer): Buffer {
    return Buffer.concat([this.#bytes, name]);
  }

  /** The name as the caller knows it; undefined where it is another's. */
  own(name: Reply | undefined): Buffer | undefined {
    if (name === undefined || name === null) return undefined;
    if (!Buffer.isBuffer(name)) throw new ForeignKeyError();
    return name.subarray(0, this.#bytes.length).equals(this.#bytes)
      ? name.subarray(this.#bytes.length)
      : undefined;
  }

  /** A step over the key space. */
  step(cursor: string, pattern: Argument, count: number, type?: Argument): Command {
    const command: Command = ["SCAN", cursor, "MATCH", this.pattern(pattern), "COUNT", String(count)];
    return type === undefined ? command : [...command, "TYPE", type];
  }

  /**
   * What a step found; names of others are passed over, and the empty name where the server would not find it: to the server nothing
   * but `*` and the empty pattern match it.
   *
   * @throws ForeignKeyError when it is no reply to a step.
   */
  found(
    reply: Reply | undefined,
    pattern: Argument = "*",
  ): { readonly cursor: string; readonly names: readonly Buffer[] } {
    const [cursor, names] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
    if (!(typeof cursor === "string" || Buffer.isBuffer(cursor)) || !Array.isArray(names))
      throw new ForeignKeyError();
    const matchesEmpty = pattern.length === 0 || pattern.toString() === "*";
    return {
      cursor: cursor.toString(),
      names: this.owned(names).filter((name) => matchesEmpty || name.length > 0),
    };
  }

  /**
   * The names of a list that are the caller's, as the caller knows them.
   *
   * @throws ForeignKeyError when it is no list of names.
   */
  owned(names: Reply | undefined): readonly Buffer[] {
    if (!Array.isArray(names)) throw new ForeignKeyError();
    return (names as readonly Reply[]).map((name) => this.own(name)).filter((name) => name !== undefined);
  }
}

/** A pattern that matches the text itself. */
export function literally(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}
