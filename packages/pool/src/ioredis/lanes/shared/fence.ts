import { randomUUID } from "node:crypto";

import { encode } from "../../commands/encode.ts";
import { type Sender, WireCommand } from "../../commands/wire-command.ts";
import { error } from "../../resp/bytes.ts";
import { encodeReply } from "../../resp/encode-reply.ts";
import type { ReplyLimits } from "../../resp/reply-limits.ts";

/** What comes for a fence is compared, whatever it is. */
const unlimited: ReplyLimits = {
  maxReplyBytes: Infinity,
  maxReplyElements: Infinity,
  maxReplyDepth: Infinity,
  budget: undefined,
};

/**
 * A PING with a word that only its own reply repeats. Replies are matched by their place in the queue, so if one got
 * lost on the way (no server does that, but proxies have) or came twice, each caller would get a neighbour's. The word
 * in the wrong place shows it.
 */
export class Fence {
  readonly command: WireCommand;
  /** Its own place in the queue has been answered. An error there proves nothing, so the word is still looked for. */
  isOver = false;
  /** Its word came there. */
  isBack = false;
  readonly #word: Buffer = Buffer.from(`fleet:${randomUUID()}`);
  /** The reply that repeats the word. */
  readonly #reply: Buffer = encodeReply(this.#word);

  /** @param ended called once: when the word came, or with the error that came instead. */
  constructor(sender: Sender, now: number, deadline: number, ended: (error?: unknown) => void) {
    const payload = encode(["PING", this.#word], "own");
    const came = (bytes: Buffer, start: number, end: number): void =>
      this.#isWord(bytes, start, end) ? ended() : ended(sender.lost(this.command));
    this.command = new WireCommand(
      sender,
      payload,
      "buffer",
      unlimited,
      now,
      deadline,
      () => undefined,
      ended,
      came,
    );
  }

  /** Whether this reply to this command proves that replies and commands no longer match. */
  isBrokenBy(command: WireCommand, bytes: Buffer | undefined, start: number, end: number): boolean {
    const isWord = bytes !== undefined && this.#isWord(bytes, start, end);
    if (command !== this.command) return isWord;
    this.isOver = true;
    this.isBack = isWord;
    return !isWord && bytes?.[start] !== error;
  }

  /** Whether its word stands among these bytes. */
  isIn(bytes: Buffer): boolean {
    return bytes.includes(this.#word);
  }

  #isWord(bytes: Buffer, start: number, end: number): boolean {
    const reply = this.#reply;
    return end - start === reply.length && reply.compare(bytes, start, end) === 0;
  }
}
