import { isUtf8 } from "node:buffer";

import type { Command } from "@fleet/isolation";
import { systemClock, TimeSlice } from "@fleet/time";

import { MalformedError } from "../errors.ts";
import { BodyReader } from "./body-reader.ts";
import type { BodyLimits, Slot } from "./body-reader.ts";

export type { BodyLimits, Slot } from "./body-reader.ts";

/** A body that is read at once; a larger one in slices. */
const smallBytes = 16_384;
const sliceMs = 2;

const commandFailed = "ERR failed to parse command";
const batchFailed = "ERR failed to parse pipeline request";

/**
 * One command: a JSON array of strings, numbers and booleans. A large one is a promise.
 *
 * @throws MalformedError
 */
export function parseCommand(body: Buffer, limits: BodyLimits): Command | Promise<Command> {
  if (body.length <= smallBytes) {
    const value = quickly(body, commandFailed);
    if (Array.isArray(value) && value.length > 0 && value.length <= limits.maxArguments && isPlain(value))
      return value as unknown as Command;
  }
  const slots = read(new BodyReader(body, "command", limits, commandFailed), body);
  return slots instanceof Promise ? slots.then(([command]) => command as Command) : (slots[0] as Command);
}

/**
 * A pipeline or a transaction: a JSON array of commands. A large one is a promise.
 *
 * @throws MalformedError
 */
export function parseBatch(body: Buffer, limits: BodyLimits): readonly Slot[] | Promise<readonly Slot[]> {
  if (body.length <= smallBytes) {
    const value = quickly(body, batchFailed);
    const { maxArguments, maxPipelineCommands } = limits;
    if (
      Array.isArray(value) &&
      value.length > 0 &&
      value.length <= maxPipelineCommands &&
      value.every(
        (slot: unknown) =>
          Array.isArray(slot) && slot.length > 0 && slot.length <= maxArguments && isPlain(slot),
      )
    )
      return value as readonly Slot[];
  }
  return read(new BodyReader(body, "batch", limits, batchFailed), body);
}

/**
 * What V8 makes of a small body that has nothing for which it would have to be read another way: escapes that may be half a
 * character. Undefined for the others, and for what is no JSON.
 */
function quickly(body: Buffer, what: string): unknown {
  // Decoding would put U+FFFD where the bytes are no UTF-8, and store it.
  checkUtf8(body, what);
  const text = body.toString();
  if (text.includes("\\u")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only strings: the text of a number is known by the body alone. */
function isPlain(values: readonly unknown[]): boolean {
  for (let index = 0; index < values.length; index += 1) if (typeof values[index] !== "string") return false;
  return true;
}

function read(reader: BodyReader, body: Buffer): readonly Slot[] | Promise<readonly Slot[]> {
  if (body.length > smallBytes) return readInSlices(reader, body);
  reader.read(Infinity);
  return reader.slots;
}

async function readInSlices(reader: BodyReader, body: Buffer): Promise<readonly Slot[]> {
  checkUtf8(body, "ERR failed to parse the request");
  const slice = new TimeSlice(systemClock, sliceMs);
  while (!reader.read(smallBytes)) if (slice.isOver) await slice.next();
  return reader.slots;
}

function checkUtf8(body: Buffer, what: string): void {
  if (!isUtf8(body)) throw new MalformedError(`${what}: the body is not UTF-8; bytes go into a path request`);
}
