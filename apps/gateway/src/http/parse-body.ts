import { isUtf8 } from "node:buffer";

import type { Command } from "@fleet/isolation";

import { MalformedError } from "../errors.ts";

/** A slot of a pipeline: a command, or why it is none. */
export type Slot = Command | MalformedError;

/**
 * One command: a JSON array of strings, numbers and booleans.
 *
 * @throws MalformedError
 */
export function parseCommand(body: Buffer): Command {
  const what = "ERR failed to parse command";
  const value = parseJson(body, what);
  if (!Array.isArray(value)) throw new MalformedError(`${what}: expected a JSON array`);
  if (value.length === 0) throw new MalformedError("ERR empty command");
  const found = checkArguments(value, what);
  if (found instanceof MalformedError) throw found;
  return (found === "numbers" ? exactly(body) : value) as Command;
}

/**
 * A pipeline or a transaction: a JSON array of commands. What is wrong with one of them is its own: the others may be calls of
 * other callers, which SDKs put together.
 *
 * @throws MalformedError
 */
export function parseBatch(body: Buffer, maxCommands: number): Slot[] {
  const what = "ERR failed to parse pipeline request";
  const value = parseJson(body, what);
  if (!Array.isArray(value)) throw new MalformedError(`${what}: expected a JSON array of arrays`);
  if (value.length === 0) throw new MalformedError("ERR empty pipeline request");
  if (value.length > maxCommands)
    throw new MalformedError(
      `ERR max pipeline length exceeded: ${value.length} commands, ${maxCommands} allowed`,
    );
  const found = (value as unknown[]).map((slot) => {
    if (!Array.isArray(slot)) throw new MalformedError(`${what}: expected a JSON array of arrays`);
    return slot.length === 0
      ? new MalformedError("ERR empty pipeline command")
      : checkArguments(slot, "ERR failed to parse command");
  });
  const slots = (found.includes("numbers") ? exactly(body) : value) as Command[];
  return slots.map((slot, index) => {
    const fault = found[index];
    return fault instanceof MalformedError ? fault : slot;
  });
}

function parseJson(body: Buffer, what: string): unknown {
  // Decoding would put U+FFFD where the bytes are no UTF-8, and store it.
  if (!isUtf8(body)) throw new MalformedError(`${what}: the body is not UTF-8; bytes go into a path request`);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new MalformedError(`${what}: the body is not JSON`);
  }
}

/** Turns booleans into their text; answers whether numbers are left, whose text only the body knows, or what is wrong. */
function checkArguments(command: unknown[], what: string): "texts" | "numbers" | MalformedError {
  let found: "texts" | "numbers" = "texts";
  for (let index = 0; index < command.length; index += 1) {
    const argument = command[index];
    if (typeof argument === "string") continue;
    if (typeof argument === "number") found = "numbers";
    else if (typeof argument === "boolean") command[index] = String(argument);
    // JSON has no NaN and no undefined: a client that has one sends null.
    else if (argument === null) return new MalformedError("ERR null args are not supported");
    else return new MalformedError(`${what}: expected strings, numbers and booleans inside a command`);
  }
  return found;
}

/** Parses once more, a number as the text it was written in: `9007199254740993` keeps its digits and `1.0` its point. */
function exactly(body: Buffer): unknown {
  return JSON.parse(body.toString(), keepNumberText);
}

const keepNumberText = ((_key: string, value: unknown, context: { readonly source?: string }): unknown =>
  typeof value === "number" ? context.source : typeof value === "boolean" ? String(value) : value) as (
  this: unknown,
  key: string,
  value: unknown,
) => unknown;
