/** A stretch of bytes that belongs to one reply. */
export interface Segment {
  readonly bytes: Buffer;
  /** Whether the reply begins with these bytes. */
  readonly first: boolean;
}

const carriageReturn = 13;
const lineFeed = 10;
// A header line is a type, a number and a line end; simple strings and errors may be as long as they like.
const longestLength = 32;

/**
 * Finds where replies begin and end in a stream of RESP2 or RESP3, whatever the slices it comes in; keeps no payload.
 * Throws when the stream is not RESP.
 */
export class ReplySplitter {
  /** Values that are still to come: one number for each open list, the innermost last; empty between two replies. */
  readonly #open: number[] = [];
  /** Payload bytes of a bulk string that are still to come, its line end included. */
  #payload = 0;
  /** The header line as far as it came; its first character is the type. */
  #line = "";
  #lineType = "";
  #inLine = false;

  /** Cuts a chunk at the borders between replies. */
  split(chunk: Buffer): readonly Segment[] {
    const segments: Segment[] = [];
    let start = 0;
    let first = this.#between;
    for (let at = 0; at < chunk.length;) {
      at = this.#advance(chunk, at);
      if (!this.#between) continue;
      segments.push({ bytes: chunk.subarray(start, at), first });
      start = at;
      first = true;
    }
    if (start < chunk.length) segments.push({ bytes: chunk.subarray(start), first });
    return segments;
  }

  get #between(): boolean {
    return this.#open.length === 0 && this.#payload === 0 && !this.#inLine;
  }

  /** Consumes some bytes of the chunk, at least one, and answers where it stopped. */
  #advance(chunk: Buffer, at: number): number {
    if (this.#payload > 0) {
      const taken = Math.min(this.#payload, chunk.length - at);
      this.#payload -= taken;
      if (this.#payload === 0) this.#completed();
      return at + taken;
    }
    if (!this.#inLine) {
      this.#inLine = true;
      this.#lineType = String.fromCharCode(chunk[at]!);
      this.#line = "";
      if (!"+-:,#_($=!*~>%|".includes(this.#lineType))
        throw new Error(`not RESP: a reply begins with byte ${chunk[at]!}`);
      return at + 1;
    }
    const end = chunk.indexOf(lineFeed, at);
    const upTo = end === -1 ? chunk.length : end + 1;
    if (!"+-(,".includes(this.#lineType)) {
      this.#line += chunk.toString("latin1", at, upTo).replace("\n", "");
      if (this.#line.length > longestLength) throw new Error("not RESP: a length that does not end");
    }
    if (end !== -1) this.#header();
    return upTo;
  }

  #header(): void {
    this.#inLine = false;
    const text =
      this.#line.charCodeAt(this.#line.length - 1) === carriageReturn ? this.#line.slice(0, -1) : this.#line;
    switch (this.#lineType) {
      case "$":
      case "=":
      case "!": {
        const length = lengthOf(text);
        if (length < 0) return this.#completed();
        this.#payload = length + 2;
        return;
      }
      case "*":
      case "~":
      case ">":
        return this.#list(lengthOf(text));
      case "%":
        return this.#list(lengthOf(text) * 2);
      case "|":
        // Attributes stand before the value that they belong to.
        return this.#list(lengthOf(text) * 2 + 1);
      default:
        this.#completed();
    }
  }

  #list(length: number): void {
    if (length <= 0) this.#completed();
    else this.#open.push(length);
  }

  /** One value is complete; that may complete the lists around it. */
  #completed(): void {
    while (this.#open.length > 0) {
      const missing = this.#open.pop()! - 1;
      if (missing > 0) {
        this.#open.push(missing);
        return;
      }
    }
  }
}

function lengthOf(text: string): number {
  const length = Number(text);
  if (text === "" || !Number.isInteger(length)) throw new Error(`not RESP: length ${JSON.stringify(text)}`);
  return length;
}
