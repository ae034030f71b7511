import { printed } from "@fleet/options";

import { InvalidOptionError, type ReplyTooLargeError } from "../../errors.ts";
import { error } from "../resp/bytes.ts";
import type { ReplyLimits } from "../resp/reply-limits.ts";
import { decodeAt, type Encoding, errorOf, type Reply } from "../resp/reply.ts";
import type { Join } from "./joined-writes.ts";

/** What sends commands: notified of what becomes of each, and asked for the error when its connection died. */
export interface Sender {
  /** The caller's promise is settled. */
  settled(command: WireCommand): void;
  lost(command: WireCommand): Error;
  /** @param limit what the reply is over, in words. */
  tooLarge(command: WireCommand, limit: string): ReplyTooLargeError;
}

/** @throws InvalidOptionError */
export function checkEncoding(encoding: unknown): void {
  if (encoding !== undefined && encoding !== "utf8" && encoding !== "buffer" && encoding !== "wire")
    throw new InvalidOptionError("encoding", '"utf8", "buffer" or "wire"', printed(encoding));
}

/** There is no other reason why a reply that is RESP2 could not be decoded. */
export const unreadable = "what a string or an array may have here: ask for bytes";

/** The whole reply lies from `start` to `end`. */
export type TakeReply = (bytes: Buffer, start: number, end: number) => void;

/**
 * One command on its way, already encoded. It is a node of the list it stands in, which is what makes counting, deadlines and
 * aborts free of charge per command.
 */
export class WireCommand {
  prev: WireCommand | undefined = undefined;
  next: WireCommand | undefined = undefined;
  /** Counted by its sender, which must then be notified that it is settled. */
  accepted = false;
  /** The caller's promise is settled (reply, timeout, abort); the server's reply may still be due. */
  settled = false;
  /** Follows the command before it on the wire, whatever happens: they are one transaction. */
  isTied = false;
  /** The joined writes that it is part of, and its place there (0: not yet). When the connection dies they say whether it left. */
  join: Join | undefined = undefined;
  write = 0;
  signal: AbortSignal | undefined = undefined;

  readonly sender: Sender;
  readonly payload: string | Buffer;
  readonly encoding: Encoding;
  readonly limits: ReplyLimits;
  readonly startedAt: number;
  readonly deadline: number;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #take: TakeReply | undefined;

  /** @param take gets the reply as it came, unless it is an error, in place of `resolve`. */
  constructor(
    sender: Sender,
    payload: string | Buffer,
    encoding: Encoding,
    limits: ReplyLimits,
    startedAt: number,
    deadline: number,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
    take?: TakeReply,
  ) {
    this.sender = sender;
    this.payload = payload;
    this.encoding = encoding;
    this.limits = limits;
    this.startedAt = startedAt;
    this.deadline = deadline;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#take = take;
  }

  /** Upper-case name of the command, read off its payload, as only errors need it. */
  get verb(): string {
    const head = this.payload.slice(0, 128).toString();
    return (/^\*\d+\r\n\$\d+\r\n([^\r]*)/.exec(head)?.[1] ?? "").toUpperCase();
  }

  /** The socket was given it: the server may have it. */
  get hasLeft(): boolean {
    return this.join !== undefined && this.write > 0 && this.write <= this.join.flushed;
  }

  /** Its reply came. It must not throw: the replies behind it are others'. */
  answer(bytes: Buffer, start: number, end: number): void {
    if (this.settled) return;
    this.#settle();
    if (bytes[start] === error) {
      this.#reject(errorOf(bytes, start, end, this.verb));
      return;
    }
    if (this.#take !== undefined) {
      this.#take(bytes, start, end);
      return;
    }
    let value: Reply;
    try {
      value = decodeAt(bytes, start, end, this.encoding);
    } catch {
      this.#reject(this.sender.tooLarge(this, unreadable));
      return;
    }
    this.#resolve(value);
  }

  /** Gives the caller this error; a reply that still comes is dropped. */
  fail(error: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  watch(signal: AbortSignal): void {
    this.signal = signal;
    signal.addEventListener("abort", this, { once: true });
  }

  #settle(): void {
    this.settled = true;
    if (this.accepted) this.sender.settled(this);
    this.signal?.removeEventListener("abort", this);
  }

  /** The signal's event: an object listener saves a closure. */
  handleEvent(): void {
    this.fail(this.signal?.reason);
  }
}
