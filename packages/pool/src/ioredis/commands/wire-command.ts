import { printed } from "@fleet/options";

import { InvalidOptionError, ReplyError } from "../../errors.ts";
import type { Join } from "./joined-writes.ts";
import { decode, type RawReply, type Reply } from "./reply.ts";

/** What sends commands: notified of what becomes of each, and asked for the error when its connection died. */
export interface Sender {
  /** ioredis' queue no longer holds it: this reply came for it, or none will. */
  answered(command: WireCommand, reply?: RawReply): void;
  /** The caller's promise is settled. */
  settled(command: WireCommand): void;
  lost(command: WireCommand): Error;
}

export type Encoding = "utf8" | "buffer";

/** @throws InvalidOptionError */
export function checkEncoding(encoding: unknown): void {
  if (encoding !== undefined && encoding !== "utf8" && encoding !== "buffer")
    throw new InvalidOptionError("encoding", '"utf8" or "buffer"', printed(encoding));
}

const noArguments: readonly never[] = [];

/**
 * One command on its way through ioredis, in the shape that `Redis.sendCommand` and its reply queue expect, with
 * nothing else: already encoded, no promise of its own, and no arguments, so that no error, trace or debug line of
 * ioredis can show them. It is a node of the list it stands in, which is what makes counting, deadlines and aborts
 * free of charge per command.
 */
export class WireCommand {
  /** The same for all: ioredis acts on some names (quit, select, subscribe...), and none of them may come here. */
  readonly name = "call";
  readonly args: readonly never[] = noArguments;
  /** ioredis traces commands that are not, at the price of two closures each. */
  readonly isTraced = true;

  prev: WireCommand | undefined = undefined;
  next: WireCommand | undefined = undefined;
  /** Counted by its sender, which must then be notified that it is settled. */
  accepted = false;
  /** The caller's promise is settled (reply, timeout, abort); the server's reply may still be due. */
  settled = false;
  /** The joined writes that it is part of, and its place there (0: not yet). When the connection dies they say whether it left. */
  join: Join | undefined = undefined;
  write = 0;
  signal: AbortSignal | undefined = undefined;

  readonly sender: Sender;
  readonly payload: string | Buffer;
  readonly encoding: Encoding;
  readonly startedAt: number;
  readonly deadline: number;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #raw: ((reply: RawReply) => void) | undefined;

  constructor(
    sender: Sender,
    payload: string | Buffer,
    encoding: Encoding,
    startedAt: number,
    deadline: number,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
    raw?: (reply: RawReply) => void,
  ) {
    this.sender = sender;
    this.payload = payload;
    this.encoding = encoding;
    this.startedAt = startedAt;
    this.deadline = deadline;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#raw = raw;
  }

  /** Upper-case name of the command, read off its payload, as only errors need it. */
  get verb(): string {
    const head = this.payload.slice(0, 128).toString();
    return (/^\*\d+\r\n\$\d+\r\n([^\r]*)/.exec(head)?.[1] ?? "").toUpperCase();
  }

  /** Called by ioredis: which protocol the reply will be in. It is always 2 here. */
  setReplyContext(): void {}

  /** Called by ioredis right before it writes. */
  toWritable(): string | Buffer {
    if (this.join !== undefined) this.write = this.join.writes + 1;
    return this.payload;
  }

  /** Called by ioredis with the decoded reply. It must not throw: that would crash the process. */
  resolve(reply: RawReply): void {
    this.sender.answered(this, reply);
    if (this.settled) return;
    this.#settle();
    if (this.#raw !== undefined) {
      this.#raw(reply);
      return;
    }
    let value: Reply;
    try {
      value = decode(reply, this.encoding);
    } catch (error) {
      this.#reject(error instanceof ReplyError ? new ReplyError(error.message, undefined, this.verb) : error);
      return;
    }
    this.#resolve(value);
  }

  /** Called by ioredis with an error reply, or with its own error when the connection is gone. */
  reject(error: Error): void {
    this.sender.answered(this);
    if (this.settled) return;
    // The text only: ioredis hangs the command with its arguments on this error.
    const ours =
      error.name === "ReplyError"
        ? new ReplyError(error.message, undefined, this.verb)
        : this.sender.lost(this);
    this.fail(ours);
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
