import type { Command } from "@fleet/isolation";

import { MalformedError } from "../errors.ts";

/** A slot of a pipeline: a command, or why it is none. */
export type Slot = Command | MalformedError;

/** What a body may hold. */
export interface BodyLimits {
  readonly maxPipelineCommands: number;
  /** Of one command, its name included; of all commands of a transaction. */
  readonly maxArguments: number;
}

const quote = 34;
const comma = 44;
const minus = 45;
const open = 91;
const backslash = 92;
const close = 93;

/** A longer string is read in pieces of this many bytes. */
const pieceBytes = 65_536;

/** Of all commands of a pipeline together: what a body of 10 MB may unfold to. */
const maxElements = 1_048_576 + 16_384;

const digits = "0123456789".split("");

/**
 * Reads a command, or an array of commands, from the bytes of a body, once and in as many steps as one likes. A general parser would
 * build first and ask after: 10 MB of `[` or of `1,` would be a heap of values that no command may hold. Here depth and length are
 * known by the form, and a number stays the text it was written in.
 */
export class BodyReader {
  readonly slots: Slot[] = [];
  readonly #body: Buffer;
  readonly #batch: boolean;
  readonly #limits: BodyLimits;
  readonly #what: string;
  #at = 0;
  #depth = 0;
  /** What may come: a value or the end of an empty array, a value, a comma or the end, nothing. */
  #next: "first" | "value" | "comma" | "nothing" = "value";
  #current: string[] = [];
  #refused: MalformedError | undefined;
  #commands = 0;
  #elements = 0;
  /** A long string under way, and whether one of its pieces has an escape that may be half of a character. */
  #pieces: string[] | undefined;
  #units = false;

  /** @param what begins the text of its errors. */
  constructor(body: Buffer, form: "command" | "batch", limits: BodyLimits, what: string) {
    this.#body = body;
    this.#batch = form === "batch";
    this.#limits = limits;
    this.#what = what;
  }

  /**
   * Reads about so many bytes further.
   *
   * @returns whether the body is read to its end.
   * @throws MalformedError
   */
  read(bytes: number): boolean {
    const body = this.#body;
    const stop = this.#at + bytes;
    while (this.#at < body.length) {
      if (this.#at >= stop) return false;
      if (this.#pieces !== undefined) this.#string(this.#at);
      else this.#token(body[this.#at]!);
    }
    if (this.#next !== "nothing") throw this.#broken();
    return true;
  }

  #token(byte: number): void {
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) {
      this.#at += 1;
      return;
    }
    if (this.#next === "nothing") throw this.#broken();
    if (this.#next === "value") {
      this.#value(byte);
      return;
    }
    if (byte === close) this.#close();
    else if (this.#next === "first") {
      this.#value(byte);
      return;
    } else if (byte === comma) this.#next = "value";
    else throw this.#broken();
    this.#at += 1;
  }

  #value(byte: number): void {
    const isArgument = this.#depth === (this.#batch ? 2 : 1);
    if (byte === open && !isArgument) {
      this.#depth += 1;
      this.#next = "first";
      this.#at += 1;
      return;
    }
    if (!isArgument) throw this.#unexpected(byte);
    if (byte === quote) this.#string(this.#at + 1);
    else if (byte === minus || (byte >= 48 && byte <= 57)) this.#number();
    else if (byte === 116) this.#literal("true");
    else if (byte === 102) this.#literal("false");
    else if (byte === 110) this.#literal("null");
    else if (byte === open || byte === 123) this.#nested();
    else throw this.#broken();
  }

  /** An array or an object where an argument should be, which is the fault of its command alone. */
  #nested(): void {
    if (!this.#batch) throw noArgument();
    const body = this.#body;
    const from = this.#at;
    let isString = false;
    let depth = 0;
    let at = from;
    do {
      const byte = body[at];
      // Nothing that is meant is that long.
      if (byte === undefined || at - from > pieceBytes) throw noArgument();
      if (byte === backslash) at += 1;
      else if (byte === quote) isString = !isString;
      else if (!isString && (byte === open || byte === 123)) depth += 1;
      else if (!isString && (byte === close || byte === 125)) depth -= 1;
      at += 1;
    } while (depth > 0);
    try {
      JSON.parse(body.toString("utf8", from, at));
    } catch {
      throw this.#broken();
    }
    this.#at = at;
    this.#refused ??= noArgument();
    this.#argument("");
  }

  #close(): void {
    this.#depth -= 1;
    this.#next = this.#depth === 0 ? "nothing" : "comma";
    if (this.#batch && this.#depth === 0) {
      const { maxPipelineCommands } = this.#limits;
      if (this.#commands === 0) throw new MalformedError("ERR empty pipeline request");
      if (this.#commands > maxPipelineCommands)
        throw new MalformedError(
          `ERR max pipeline length exceeded: ${this.#commands} commands, ${maxPipelineCommands} allowed`,
        );
      return;
    }
    const command = this.#current;
    if (command.length === 0 && this.#refused === undefined) {
      if (!this.#batch) throw new MalformedError("ERR empty command");
      this.#refused = new MalformedError("ERR empty pipeline command");
    }
    this.#commands += 1;
    // What is too much is counted and not kept.
    if (this.#commands <= this.#limits.maxPipelineCommands)
      this.slots.push(this.#refused ?? (command as unknown as Command));
    this.#current = [];
    this.#refused = undefined;
  }

  #argument(text: string): void {
    this.#next = "comma";
    this.#elements += 1;
    if (this.#refused !== undefined) return;
    const { maxArguments } = this.#limits;
    if (this.#current.length >= maxArguments)
      throw new MalformedError(`ERR max arguments exceeded: ${maxArguments} are allowed in one command`);
    if (this.#elements > maxElements)
      throw new MalformedError(`ERR max arguments exceeded: ${maxElements} are allowed in one request`);
    this.#current.push(text);
  }

  /** From inside a string to its end, or to the end of a piece. */
  #string(from: number): void {
    const body = this.#body;
    let at = from;
    let high = 0;
    let escaped = false;
    const pieceEnd = from + pieceBytes;
    for (;;) {
      const byte = body[at];
      if (byte === quote) break;
      if (byte === undefined || byte < 32) throw this.#broken();
      if (byte === backslash) {
        escaped = true;
        if (body[at + 1] === 117) {
          this.#units = true;
          at += 6;
        } else at += 2;
        continue;
      }
      // Between two characters, not inside of one.
      if (at >= pieceEnd && (byte & 0xc0) !== 0x80) break;
      high |= byte;
      at += 1;
    }
    const piece = this.#text(from, at, high > 127, escaped);
    if (body[at] !== quote) {
      (this.#pieces ??= []).push(piece);
      this.#at = at;
      return;
    }
    this.#at = at + 1;
    let text = piece;
    if (this.#pieces !== undefined) {
      this.#pieces.push(piece);
      text = this.#pieces.join("");
      this.#pieces = undefined;
    }
    if (this.#units) {
      this.#units = false;
      if (!text.isWellFormed())
        throw new MalformedError(`${this.#what}: a string holds half a character, which no UTF-8 can carry`);
    }
    this.#argument(text);
  }

  #text(from: number, to: number, isWide: boolean, escaped: boolean): string {
    if (from === to) return "";
    const text = this.#body.toString(isWide ? "utf8" : "latin1", from, to);
    if (!escaped) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw this.#broken();
    }
  }

  /** Its text as it stands: `9007199254740993` keeps its digits and `1.0` its point. */
  #number(): void {
    const body = this.#body;
    const from = this.#at;
    let at = from;
    if (body[at] === minus) at += 1;
    if (body[at] === 48) at += 1;
    else at = this.#digits(at);
    if (body[at] === 46) at = this.#digits(at + 1);
    if (body[at] === 101 || body[at] === 69) {
      at += 1;
      if (body[at] === minus || body[at] === 43) at += 1;
      at = this.#digits(at);
    }
    this.#at = at;
    this.#argument(at - from === 1 ? digits[body[from]! - 48]! : body.toString("latin1", from, at));
  }

  /** Where at least one digit ends. */
  #digits(from: number): number {
    const body = this.#body;
    let at = from;
    while (body[at]! >= 48 && body[at]! <= 57) at += 1;
    if (at === from) throw this.#broken();
    return at;
  }

  #literal(word: "true" | "false" | "null"): void {
    const body = this.#body;
    for (let index = 0; index < word.length; index += 1)
      if (body[this.#at + index] !== word.charCodeAt(index)) throw this.#broken();
    this.#at += word.length;
    if (word !== "null") {
      this.#argument(word);
      return;
    }
    // What JSON has for NaN and undefined: a defect of the caller, and of this one command.
    if (!this.#batch) throw nullArgument();
    this.#refused ??= nullArgument();
    this.#argument("");
  }

  #unexpected(byte: number): MalformedError {
    return '"-{tfn0123456789'.includes(String.fromCharCode(byte))
      ? new MalformedError(`${this.#what}: expected a JSON array${this.#batch ? " of arrays" : ""}`)
      : this.#broken();
  }

  #broken(): MalformedError {
    return new MalformedError(`${this.#what}: the body is not JSON`);
  }
}

// Made only when they are needed: a body may hold millions of what is none.
const nullArgument = (): MalformedError => new MalformedError("ERR null args are not supported");
const noArgument = (): MalformedError =>
  new MalformedError("ERR failed to parse command: expected strings, numbers and booleans inside a command");
