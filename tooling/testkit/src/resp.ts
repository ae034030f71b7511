/** An error reply, its text verbatim (`WRONGTYPE Operation against ...`). */
export class RedisError extends Error {
  override readonly name: string = "RedisError";
}

/** One reply and where it ended in the buffer. An error reply is a value here, so that it can stand inside an array. */
export interface Frame {
  readonly value: unknown;
  readonly end: number;
}

const newline = 13;

/**
 * Reads one RESP2 or RESP3 reply that begins at `start`; undefined while bytes are missing.
 * Maps and sets come as flat arrays, numbers beyond the safe integers as strings, attributes are dropped.
 * Source: the protocol specification, redis.io/docs/latest/develop/reference/protocol-spec.
 */
export function readFrame(bytes: Buffer, start = 0): Frame | undefined {
  const lineEnd = endOfLine(bytes, start);
  if (lineEnd === -1) return undefined;
  const type = String.fromCharCode(bytes[start]!);
  const text = bytes.toString("utf8", start + 1, lineEnd);
  const next = lineEnd + 2;
  switch (type) {
    case "+":
    case "(":
      return { value: text, end: next };
    case "-":
      return { value: new RedisError(text), end: next };
    case ":": {
      const number = Number(text);
      return { value: Number.isSafeInteger(number) ? number : text, end: next };
    }
    case ",":
      return { value: Number(text.replace("inf", "Infinity")), end: next };
    case "#":
      return { value: text === "t", end: next };
    case "_":
      return { value: null, end: next };
    case "$":
    case "=":
    case "!":
      return bulk(bytes, next, lengthOf(text), type);
    case "*":
    case "~":
    case ">":
      return list(bytes, next, lengthOf(text));
    case "%":
      return list(bytes, next, lengthOf(text) * 2);
    case "|": {
      const attributes = list(bytes, next, lengthOf(text) * 2);
      return attributes === undefined ? undefined : readFrame(bytes, attributes.end);
    }
    default:
      throw new Error(`not RESP: byte 0x${bytes[start]!.toString(16)} where a reply should begin`);
  }
}

/** A command as an array of bulk strings. */
export function encodeCommand(args: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.from(arg);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

function endOfLine(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(newline, start);
  return at === -1 || at + 1 >= bytes.length ? -1 : at;
}

function lengthOf(text: string): number {
  const length = Number(text);
  if (!Number.isInteger(length)) throw new Error(`not RESP: length ${JSON.stringify(text)}`);
  return length;
}

function bulk(bytes: Buffer, start: number, length: number, type: string): Frame | undefined {
  if (length < 0) return { value: null, end: start };
  const end = start + length;
  if (bytes.length < end + 2) return undefined;
  const text = bytes.toString("utf8", start, end);
  if (type === "!") return { value: new RedisError(text), end: end + 2 };
  // A verbatim string begins with its three-letter format and a colon.
  return { value: type === "=" ? text.slice(4) : text, end: end + 2 };
}

function list(bytes: Buffer, start: number, length: number): Frame | undefined {
  if (length < 0) return { value: null, end: start };
  const values: unknown[] = [];
  let end = start;
  while (values.length < length) {
    const item = readFrame(bytes, end);
    if (item === undefined) return undefined;
    values.push(item.value);
    end = item.end;
  }
  return { value: values, end };
}
