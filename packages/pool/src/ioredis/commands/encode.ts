import { WrongLaneError } from "../../errors.ts";
import { ruleOf } from "./command-rules.ts";
import type { Command } from "./command.ts";
import { verbOf } from "./verb.ts";

const arrays: readonly string[] = Array.from({ length: 64 }, (_, count) => `*${count}\r\n`);
const bulks: readonly string[] = Array.from({ length: 1024 }, (_, length) => `$${length}\r\n`);

/**
 * The RESP request of a command (https://redis.io/docs/latest/develop/reference/protocol-spec/), as text where all its
 * arguments are text. Everything is checked here: a request that is wrong by one byte would shift the replies of
 * all callers of the connection.
 *
 * @throws TypeError when it is not a non-empty array of strings and Buffers.
 * @throws WrongLaneError when it is for a shared connection and cannot run on one.
 */
export function encode(command: Command, connection: "shared" | "own"): string | Buffer {
  if (!Array.isArray(command) || command.length === 0) throw new TypeError("a command is a non-empty array");
  const count = command.length;
  if (typeof command[0] !== "string" || command[0] === "")
    throw new TypeError("a command's name is a non-empty string");
  const verb = verbOf(command[0]);
  if (verb.hasRule && connection === "shared") {
    const rule = ruleOf(verb.name, command.slice(1));
    if (rule !== undefined) throw new WrongLaneError(verb.name, rule.why);
  }
  let text = (count < 64 ? arrays[count]! : `*${count}\r\n`) + verb.wire;
  for (let index = 1; index < count; index += 1) {
    const argument = command[index];
    if (typeof argument !== "string") return encodeBytes(command, text, index);
    const length = byteLength(argument);
    text += (length < 1024 ? bulks[length]! : `$${length}\r\n`) + argument + "\r\n";
  }
  return text;
}

/** In a pipeline a refusal is the answer in one slot, and the other commands are sent. */
export function encodeOrRefuse(command: Command): string | Buffer | WrongLaneError {
  try {
    return encode(command, "shared");
  } catch (error) {
    if (error instanceof WrongLaneError) return error;
    throw error;
  }
}

function encodeBytes(command: Command, start: string, first: number): Buffer {
  const parts: Buffer[] = [];
  let text = start;
  for (let index = first; index < command.length; index += 1) {
    const argument = command[index];
    if (typeof argument === "string") {
      text += `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
    } else if (argument instanceof Uint8Array) {
      parts.push(Buffer.from(`${text}$${argument.length}\r\n`), argument);
      text = "\r\n";
    } else {
      throw new TypeError(`argument ${index} of a command is neither a string nor a Buffer`);
    }
  }
  parts.push(Buffer.from(text));
  return Buffer.concat(parts);
}

/** Keys and most values are short and ASCII: looking at them is cheaper than asking C++. */
function byteLength(text: string): number {
  const length = text.length;
  if (length > 48) return Buffer.byteLength(text);
  for (let index = 0; index < length; index += 1)
    if (text.charCodeAt(index) > 127) return Buffer.byteLength(text);
  return length;
}
