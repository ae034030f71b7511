/** How strings are written: as text, or as base64 (`Upstash-Encoding: base64`), which is the only form that carries any bytes. */
export type Encoding = "text" | "base64";

/** What a piece of a large reply is made of: bytes of Redis, as text up to six times as long. A multiple of 3, for base64. */
const pieceBytes = 49_152;

const error = 45;
const integer = 58;
const bulk = 36;
const array = 42;
const lf = 10;

/** `{"result":...}` for the bytes of a reply. What is no UTF-8 loses its bytes as text, and keeps them as base64. */
export function encodeResult(wire: Buffer, encoding: Encoding): string {
  const type = wire[0];
  if (type === bulk) {
    // What most replies are.
    const from = wire.indexOf(lf, 1) + 1;
    return wire[1] === error
      ? '{"result":null}'
      : `{"result":${bulkText(wire, from, wire.length - 2, encoding, true)}}`;
  }
  if (type === integer) return `{"result":${wire.toString("latin1", 1, wire.length - 2)}}`;
  whole.begin(wire, encoding);
  whole.read(Infinity);
  return `{"result":${whole.take()}}`;
}

/** The same in pieces, each made when it is asked for. */
export function* resultPieces(wire: Buffer, encoding: Encoding): Generator<string, void> {
  const text = new ReplyText();
  text.begin(wire, encoding);
  let piece = '{"result":';
  for (let done = false; !done;) {
    done = text.read(pieceBytes);
    piece += text.take();
    if (done) piece += "}";
    yield piece;
    piece = "";
  }
}

/** A text as a reply. */
export function wireText(text: string): Buffer {
  return Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
}

/** `{"error":"..."}`: never base64. */
export function encodeError(text: string): string {
  return `{"error":${JSON.stringify(text)}}`;
}

/** Turns the bytes of a reply into JSON, as far at a time as one likes. */
class ReplyText {
  #wire: Buffer = Buffer.alloc(0);
  #encoding: Encoding = "text";
  #at = 0;
  #text = "";
  /** Of each array that is open, the values that are missing. */
  readonly #missing: number[] = [];
  /** Where a long string ends, of which a part is written. */
  #stringEnd = -1;

  begin(wire: Buffer, encoding: Encoding): void {
    this.#wire = wire;
    this.#encoding = encoding;
    this.#at = 0;
    this.#stringEnd = -1;
    this.#missing.length = 0;
  }

  /** What is made since the last time. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Reads about so many bytes further; answers whether that was the end. */
  read(bytes: number): boolean {
    const stop = this.#at + bytes;
    do {
      if (this.#at >= stop) return false;
      if (!this.#value(bytes)) continue;
      // Commas and brackets behind a value.
      for (let top = this.#missing.length - 1; top >= 0; top -= 1) {
        this.#missing[top]! -= 1;
        if (this.#missing[top]! > 0) {
          this.#text += ",";
          break;
        }
        this.#missing.pop();
        this.#text += "]";
      }
    } while (this.#stringEnd !== -1 || this.#missing.length > 0);
    this.#wire = nothing;
    return true;
  }

  /** Whether a value is complete now. */
  #value(bytes: number): boolean {
    const wire = this.#wire;
    if (this.#stringEnd !== -1) return this.#longString();
    const at = this.#at;
    const end = wire.indexOf(lf, at) - 1;
    this.#at = end + 2;
    switch (wire[at]) {
      case bulk: {
        if (wire[at + 1] === error) {
          this.#text += "null";
          return true;
        }
        const stringEnd = this.#at + number(wire, at + 1, end);
        if (stringEnd - this.#at > bytes) {
          this.#text += '"';
          this.#stringEnd = stringEnd;
          return false;
        }
        this.#text += bulkText(wire, this.#at, stringEnd, this.#encoding, at === 0);
        this.#at = stringEnd + 2;
        return true;
      }
      case array: {
        if (wire[at + 1] === error) {
          this.#text += "null";
          return true;
        }
        const count = number(wire, at + 1, end);
        if (count === 0) {
          this.#text += "[]";
          return true;
        }
        this.#text += "[";
        this.#missing.push(count);
        return false;
      }
      case integer:
        // Its digits, however many.
        this.#text += wire.toString("latin1", at + 1, end);
        return true;
      // A string; and an error inside an array, as only scripts make them: its text stands in its place.
      default:
        this.#text += bulkText(wire, at + 1, end, this.#encoding, at === 0);
        return true;
    }
  }

  #longString(): boolean {
    const wire = this.#wire;
    const from = this.#at;
    let to = Math.min(from + pieceBytes, this.#stringEnd);
    if (to < this.#stringEnd && this.#encoding === "text") to = betweenCharacters(wire, to);
    this.#text +=
      this.#encoding === "text"
        ? JSON.stringify(wire.toString("utf8", from, to)).slice(1, -1)
        : wire.toString("base64", from, to);
    this.#at = to;
    if (to < this.#stringEnd) return false;
    this.#text += '"';
    this.#at = to + 2;
    this.#stringEnd = -1;
    return true;
  }
}

const nothing = Buffer.alloc(0);
const whole = new ReplyText();

/** Only a reply that is `OK` itself stays as it is: inside an array the SDK decodes every string, at the top every one but this. */
function bulkText(wire: Buffer, from: number, to: number, encoding: Encoding, isTop: boolean): string {
  if (encoding === "base64")
    return isTop && to - from === 2 && wire[from] === 79 && wire[from + 1] === 75
      ? '"OK"'
      : `"${wire.toString("base64", from, to)}"`;
  if (to - from > 48) return JSON.stringify(wire.toString("utf8", from, to));
  for (let at = from; at < to; at += 1) {
    const byte = wire[at]!;
    if (byte < 32 || byte > 126 || byte === 34 || byte === 92)
      return JSON.stringify(wire.toString("utf8", from, to));
  }
  return `"${wire.toString("latin1", from, to)}"`;
}

function number(wire: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + wire[at]! - 48;
  return value;
}

/** The same place or a little before it, so that no character is cut; of bytes that are no UTF-8, so that the same is made of them. */
function betweenCharacters(wire: Buffer, to: number): number {
  for (let at = to; at > to - 4; at -= 1) if ((wire[at]! & 0xc0) !== 0x80) return at;
  return to;
}
