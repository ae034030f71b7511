import { array, bulk, cr, error, integer, lf, nine, simple, zero } from "./bytes.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { Due, Limit, Progress, ReplyReaderSettings } from "./reply-limits.ts";
import { ReplyProtocolError } from "./reply-protocol-error.ts";

/** What comes next. */
const State = { type: 0, number: 1, numberEnd: 2, text: 3, body: 4, bodyCr: 5, bodyLf: 6 } as const;

/** The digits of a 64-bit integer. */
const maxDigits = 19;

/** The least that a value has: `+\r\n`. */
const leastBytes = 3;

/** So much is kept of a reply that no caller takes: a fence looks for its word in it. */
const alwaysKeptBytes = 1024;

/**
 * Finds where each reply ends in a stream of RESP2, under any slicing into chunks, without recursion and without decoding. A reply that
 * lies in one chunk is not copied. What is over a limit, or whose caller has left, is followed to its end by its structure alone.
 */
export class ReplyReader<D extends Due> {
  readonly #settings: ReplyReaderSettings<D>;
  readonly #kept = new KeptBytes();
  #isStopped = false;
  /** Bytes that may still belong to a reply that another reader has answered when it had seen all but its CR LF. */
  #trailing = 2;
  #state: (typeof State)[keyof typeof State] = State.type;
  #type = 0;
  #number = 0;
  #digits = 0;
  #isNegative = false;
  #wasCr = false;
  /** Bytes of the bulk string under way that have not come. */
  #left = 0;
  /** The command whose reply is under way, undefined between two. */
  #due: D | undefined;
  /** Values of it that have not come. */
  #missing = 0;
  #elements = 0;
  /** Of the arrays that the next value stands in: how many values have not come. Not kept of what is over a limit. */
  readonly #open: number[] = [];
  #depth = 0;
  /** Bytes of it in earlier chunks. */
  #sizeBefore = 0;
  /** Where it begins in this chunk. */
  #start = 0;
  #isKept = true;
  #maxBytes = 0;
  /** Undefined while the reply is within its limits. Else the size at which it is given up. */
  #mostBytes: number | undefined;

  constructor(settings: ReplyReaderSettings<D>) {
    this.#settings = settings;
  }

  /** The command whose reply has begun and not ended. */
  get underWay(): D | undefined {
    return this.#due;
  }

  /** Of the reply under way. */
  get progress(): Progress {
    const missing = this.#left + leastBytes * this.#missing;
    return { came: this.#sizeBefore, missing, kept: this.#kept.size };
  }

  /** Reads nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#kept.clear();
  }

  /** @throws ReplyProtocolError; nothing that follows can be believed. */
  read(chunk: Buffer): void {
    const end = chunk.length;
    let at = 0;
    this.#start = 0;
    while (at < end && !this.#isStopped) {
      switch (this.#state) {
        case State.type:
          if (this.#trailing > 0 && this.#isTrailing(chunk[at]!)) {
            at += 1;
            break;
          }
          if (this.#due === undefined) this.#begin(at);
          at = this.#typed(chunk, at);
          break;
        case State.number:
          at = this.#counted(chunk, at, end);
          break;
        case State.numberEnd:
          if (chunk[at] !== lf) throw new ReplyProtocolError("a number ends with CR LF");
          at += 1;
          this.#numbered(chunk, at);
          break;
        case State.text:
          at = this.#lined(chunk, at, end);
          break;
        case State.body: {
          const count = Math.min(this.#left, end - at);
          this.#left -= count;
          at += count;
          if (this.#left === 0) this.#state = State.bodyCr;
          break;
        }
        case State.bodyCr:
          if (chunk[at] !== cr) throw new ReplyProtocolError("a bulk string is longer than announced");
          at += 1;
          this.#state = State.bodyLf;
          break;
        case State.bodyLf:
          if (chunk[at] !== lf) throw new ReplyProtocolError("a bulk string is longer than announced");
          at += 1;
          this.#completed(chunk, at);
      }
    }
    if (this.#due !== undefined && !this.#isStopped) this.#pause(chunk, end);
  }

  #isTrailing(byte: number): boolean {
    if (byte === cr || byte === lf) this.#trailing -= 1;
    else this.#trailing = 0;
    return byte === cr || byte === lf;
  }

  #begin(at: number): void {
    const due = this.#settings.due();
    if (due === undefined) throw new ReplyProtocolError("a reply came that no command is due for");
    const { maxReplyBytes, budget } = due.limits;
    this.#due = due;
    this.#maxBytes = budget === undefined ? maxReplyBytes : Math.min(maxReplyBytes, budget.leftBytes);
    this.#missing = 1;
    this.#elements = 1;
    this.#depth = 0;
    this.#sizeBefore = 0;
    this.#start = at;
    this.#isKept = true;
    this.#mostBytes = undefined;
  }

  #typed(chunk: Buffer, at: number): number {
    const type = chunk[at]!;
    this.#type = type;
    if (type === bulk || type === array || type === integer) {
      this.#state = State.number;
      this.#number = 0;
      this.#digits = 0;
      this.#isNegative = false;
    } else if (type === simple || type === error) {
      this.#state = State.text;
      this.#wasCr = false;
    } else throw new ReplyProtocolError(`a value cannot begin with the byte ${type}`);
    return at + 1;
  }

  /** Reads digits as far as there are. */
  #counted(chunk: Buffer, from: number, end: number): number {
    let at = from;
    let number = this.#number;
    for (; at < end; at += 1) {
      const byte = chunk[at]!;
      if (byte >= zero && byte <= nine) {
        number = number * 10 + (byte - zero);
        this.#digits += 1;
        if (this.#digits > maxDigits) throw new ReplyProtocolError("a number has too many digits");
      } else if (byte === cr && this.#digits > 0) {
        this.#state = State.numberEnd;
        at += 1;
        break;
      } else if (this.#digits > 0 || this.#isNegative || byte !== error)
        throw new ReplyProtocolError(`a number cannot have the byte ${byte}`);
      else this.#isNegative = true;
    }
    this.#number = number;
    return at;
  }

  /** A number is complete: what does it mean? */
  #numbered(chunk: Buffer, at: number): void {
    if (this.#type === integer) return this.#completed(chunk, at);
    const count = this.#number;
    if (this.#isNegative) {
      if (count !== 1) throw new ReplyProtocolError(`a length cannot be -${count}`);
      return this.#completed(chunk, at);
    }
    if (!Number.isSafeInteger(count)) throw new ReplyProtocolError(`a length cannot be ${count}`);
    if (this.#type === bulk) {
      this.#left = count;
      this.#state = count === 0 ? State.bodyCr : State.body;
      this.#measure(at, count + 2);
      return undefined;
    }
    if (count === 0) return this.#completed(chunk, at);
    this.#missing += count;
    this.#elements += count;
    if (this.#mostBytes === undefined) this.#enter(count, at);
    this.#measure(at, 0);
    // One is completed when its last value is.
    this.#missing -= 1;
    this.#state = State.type;
    return undefined;
  }

  #enter(count: number, at: number): void {
    const { limits } = this.#due!;
    if (this.#depth >= limits.maxReplyDepth) return this.#exceed("depth", at);
    if (this.#elements > limits.maxReplyElements) return this.#exceed("elements", at);
    this.#open[this.#depth] = count;
    this.#depth += 1;
    return undefined;
  }

  #lined(chunk: Buffer, from: number, end: number): number {
    let at = from;
    let wasCr = this.#wasCr;
    for (; at < end; at += 1) {
      const byte = chunk[at];
      if (byte === lf) {
        if (!wasCr) throw new ReplyProtocolError("a line ends with CR LF");
        at += 1;
        this.#completed(chunk, at);
        return at;
      }
      wasCr = byte === cr;
    }
    this.#wasCr = wasCr;
    return at;
  }

  /** A value ends here, and with it maybe the arrays that it stands in, and the reply. */
  #completed(chunk: Buffer, at: number): void {
    this.#state = State.type;
    this.#missing -= 1;
    if (this.#missing === 0) return this.#ended(chunk, at);
    if (this.#mostBytes !== undefined) return undefined;
    const open = this.#open;
    while (this.#depth > 0) {
      const left = open[this.#depth - 1]! - 1;
      open[this.#depth - 1] = left;
      if (left > 0) break;
      this.#depth -= 1;
    }
    return undefined;
  }

  #ended(chunk: Buffer, end: number): void {
    this.#measure(end, 0);
    const due = this.#due!;
    const start = this.#start;
    this.#due = undefined;
    if (this.#isStopped) return;
    if (this.#sizeBefore === 0) this.#settings.took(due, chunk, start, end);
    else if (this.#isKept) {
      const bytes = this.#kept.take(chunk, 0, end);
      this.#settings.took(due, bytes, 0, bytes.length);
    } else this.#settings.took(due, undefined, 0, 0);
    this.#sizeBefore = 0;
  }

  /** The chunk ends within a reply. */
  #pause(chunk: Buffer, end: number): void {
    const start = this.#start;
    const announced = this.#state === State.body ? this.#left + 2 : 0;
    this.#measure(end, announced);
    if (this.#isStopped) return;
    this.#sizeBefore += end - start;
    if (!this.#isKept) return;
    if (this.#due!.settled && this.#sizeBefore > alwaysKeptBytes) {
      this.#isKept = false;
      this.#kept.clear();
      return;
    }
    this.#kept.add(chunk, start, end);
    if (announced > 0 && !this.#due!.settled) this.#kept.reserve(announced);
  }

  /** Compares what has come up to here, and what must follow, with the limits. */
  #measure(at: number, announced: number): void {
    const size =
      this.#sizeBefore + at - this.#start + announced + leastBytes * Math.max(0, this.#missing - 1);
    if (this.#mostBytes === undefined) {
      if (size <= this.#maxBytes) return;
      this.#exceed("bytes", at);
    }
    if (size > this.#mostBytes!) {
      this.stop();
      this.#settings.endless();
    }
  }

  #exceed(limit: Limit, at: number): void {
    this.#mostBytes = this.#sizeBefore + at - this.#start + this.#settings.maxSkippedBytes;
    this.#settings.exceeded(this.#due!, limit);
  }
}
