import {
  type AuthenticationError,
  type CommandTimeoutError,
  type ConnectionError,
  type PoolClosedError,
  type PoolExhaustedError,
  ReplyError,
  type ReplyTooLargeError,
  type WrongLaneError,
} from "../../errors.ts";
import { array, bulk, error, integer, lf, simple, zero } from "./bytes.ts";

/**
 * A reply in its RESP2 shape. An integer is a number where that is exact (|n| <= 2^53 - 1), else its decimal digits as
 * a string: unlike a bigint those survive JSON. An error stands in its place in an array, as only scripts make them; a reply that is
 * one rejects the call.
 */
export type Reply = string | number | Buffer | null | ReplyError | readonly Reply[];

/** What a reply becomes: its text as text, its text as bytes, or the bytes of the reply as they came, undecoded. */
export type Encoding = "utf8" | "buffer" | "wire";

/** Why one command of a batch was not sent, although others were. */
export type UnsentError =
  | AuthenticationError
  | CommandTimeoutError
  | ConnectionError
  | PoolClosedError
  | PoolExhaustedError;

/** One slot of a batch: its reply, or the error that the server answered to this one command, or why it was not sent or not kept. */
export type BatchReply =
  | { readonly value: Reply }
  | { readonly error: ReplyError | ReplyTooLargeError | UnsentError | WrongLaneError };

/** Where the value under way goes on. Decoding never waits, so one cursor does for all. */
let at = 0;

/**
 * The value of a reply that `encoding: "wire"` has answered.
 *
 * @param encoding what its text becomes. Default: text.
 * @throws ReplyError when it is an error.
 */
export function decodeReply(wire: Buffer, encoding: "utf8" | "buffer" = "utf8"): Reply {
  return decodeAt(wire, 0, wire.length, encoding);
}

/**
 * The value of the reply from `start` to `end`, which has to be a whole one: its arrays stand no deeper than a `ReplyReader` lets pass.
 *
 * @throws as `decodeReply` does.
 */
export function decodeAt(bytes: Buffer, start: number, end: number, encoding: Encoding): Reply {
  if (bytes[start] === error) throw errorOf(bytes, start, end);
  if (encoding === "wire") {
    return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  }
  at = start;
  return value(bytes, encoding);
}

/** The error that a reply is. */
export function errorOf(bytes: Buffer, start: number, end: number, command?: string): ReplyError {
  return new ReplyError(bytes.toString("utf8", start + 1, end - 2), undefined, command);
}

/** A value within other bytes. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** It, and the values inside of it. */
  readonly elements: number;
}

/** Where the values of an array are; undefined for a null and for what is no array. */
export function placesOf(bytes: Buffer, start: number): readonly Place[] | undefined {
  if (bytes[start] !== array) return undefined;
  at = start + 1;
  const count = number(bytes);
  if (count < 0) return undefined;
  const places: Place[] = [];
  for (let index = 0; index < count; index += 1) {
    const from = at;
    const elements = pass(bytes);
    places.push({ start: from, end: at, elements });
  }
  return places;
}

/** Moves the cursor behind one value, and counts the values in it. */
function pass(bytes: Buffer): number {
  let elements = 0;
  for (let missing = 1; missing > 0; missing -= 1) {
    const type = bytes[at];
    elements += 1;
    at += 1;
    if (type === bulk) {
      const length = number(bytes);
      if (length >= 0) at += length + 2;
    } else if (type === array) missing += Math.max(0, number(bytes));
    else at = bytes.indexOf(lf, at) + 1;
  }
  return elements;
}

function value(bytes: Buffer, encoding: "utf8" | "buffer"): Reply {
  const type = bytes[at];
  at += 1;
  switch (type) {
    case bulk: {
      const length = number(bytes);
      if (length < 0) return null;
      const from = at;
      at += length + 2;
      return text(bytes, from, from + length, encoding);
    }
    case integer:
      return number(bytes, true);
    case simple: {
      const from = at;
      at = bytes.indexOf(lf, at) + 1;
      return text(bytes, from, at - 2, encoding);
    }
    case array: {
      const count = number(bytes);
      if (count < 0) return null;
      const values: Reply[] = [];
      for (let index = 0; index < count; index += 1) values.push(value(bytes, encoding));
      return values;
    }
    default: {
      const from = at - 1;
      at = bytes.indexOf(lf, at) + 1;
      return errorOf(bytes, from, at);
    }
  }
}

function text(bytes: Buffer, from: number, to: number, encoding: "utf8" | "buffer"): string | Buffer {
  return encoding === "utf8" ? bytes.toString("utf8", from, to) : bytes.subarray(from, to);
}

function number(bytes: Buffer): number;
function number(bytes: Buffer, isExact: true): number | string;
/** The number at the cursor, which moves behind its line. */
function number(bytes: Buffer): number | string {
  const from = at;
  const isNegative = bytes[at] === error;
  if (isNegative) at += 1;
  let magnitude = 0;
  for (let byte = bytes[at]!; byte >= zero; byte = bytes[(at += 1)]!)
    magnitude = magnitude * 10 + (byte - zero);
  at += 2;
  if (magnitude <= Number.MAX_SAFE_INTEGER) return isNegative ? 0 - magnitude : magnitude;
  return bytes.toString("latin1", from, at - 2);
}
