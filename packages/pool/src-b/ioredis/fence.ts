import { randomUUID } from "node:crypto";

import { encode } from "./encode.ts";
import type { RawReply } from "./reply.ts";
import { type Sender, WireCommand } from "./wire-command.ts";

/**
 * A PING with a word that only its own reply repeats. Replies are matched by their place in the queue, so if one got
 * lost on the way (no server does that, but proxies have), each caller would get his neighbour's. The word in the wrong
 * place tells, before anybody who sent after the fence is answered.
 */
export class Fence {
  readonly command: WireCommand;
  readonly #word: Buffer = Buffer.from(`fleet:${randomUUID()}`);

  /** @param passed called when the fence is answered, whatever the answer: a user may be forbidden to PING. */
  constructor(sender: Sender, now: number, passed: () => void) {
    const payload = encode(["PING", this.#word], "own");
    this.command = new WireCommand(sender, payload, "buffer", now, Infinity, passed, passed);
  }

  /** Whether this reply to this command proves that replies and commands no longer match. */
  isBrokenBy(command: WireCommand, reply: RawReply | undefined): boolean {
    const isWord = Buffer.isBuffer(reply) && reply.equals(this.#word);
    return command === this.command ? reply !== undefined && !isWord : isWord;
  }
}
