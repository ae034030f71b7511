import { randomUUID } from "node:crypto";

import { encode } from "../../commands/encode.ts";
import type { RawReply, Reply } from "../../commands/reply.ts";
import { type Sender, WireCommand } from "../../commands/wire-command.ts";

/**
 * A PING with a word that only its own reply repeats. Replies are matched by their place in the queue, so if one got
 * lost on the way (no server does that, but proxies have) or came twice, each caller would get a neighbour's. The word
 * in the wrong place shows it.
 */
export class Fence {
  readonly command: WireCommand;
  /** Its own place in the queue has been answered. An error there proves nothing, so the word is still looked for. */
  isOver = false;
  readonly #word: Buffer = Buffer.from(`fleet:${randomUUID()}`);

  /** @param ended called once: when the word came, or with the error that came instead. */
  constructor(sender: Sender, now: number, deadline: number, ended: (error?: unknown) => void) {
    const payload = encode(["PING", this.#word], "own");
    const came = (reply: Reply): void => (this.#isWord(reply) ? ended() : ended(sender.lost(this.command)));
    this.command = new WireCommand(sender, payload, "buffer", now, deadline, came, ended);
  }

  /** Whether this reply to this command proves that replies and commands no longer match. */
  isBrokenBy(command: WireCommand, reply: RawReply | undefined): boolean {
    const isWord = this.#isWord(reply);
    if (command !== this.command) return isWord;
    this.isOver = true;
    return reply !== undefined && !isWord;
  }

  #isWord(reply: RawReply | Reply | undefined): boolean {
    return Buffer.isBuffer(reply) && reply.equals(this.#word);
  }
}
