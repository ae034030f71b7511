import type { Command as IoredisCommand, Redis } from "ioredis";

import { ReplyError } from "../../errors.ts";
import type { Command } from "./command.ts";
import { encode } from "./encode.ts";

/**
 * In the shape that `Redis.sendCommand` and its reply queue expect, with nothing else: already encoded, no promise of its own,
 * and no arguments, so that no error, trace or debug line of ioredis can show them.
 */
class Question {
  /** The same for all: ioredis acts on some names (quit, select, subscribe...). */
  readonly name = "call";
  readonly args: readonly never[] = [];
  /** ioredis traces commands that are not. */
  readonly isTraced = true;
  readonly #payload: string | Buffer;
  readonly #verb: string;
  readonly #resolve: (reply: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(command: Command, resolve: (reply: unknown) => void, reject: (error: unknown) => void) {
    this.#payload = encode(command, "own");
    this.#verb = command[0].toUpperCase();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Called by ioredis: which protocol the reply will be in. It is always 2 here. */
  setReplyContext(): void {}

  toWritable(): string | Buffer {
    return this.#payload;
  }

  resolve(reply: unknown): void {
    this.#resolve(Buffer.isBuffer(reply) ? reply.toString() : reply);
  }

  /** With an error reply, or with ioredis' own error when the connection is gone. */
  reject(error: Error): void {
    // The text only: ioredis hangs the command with its arguments on this error.
    this.#reject(
      error.name === "ReplyError"
        ? new ReplyError(error.message, undefined, this.#verb)
        : new Error("connection closed"),
    );
  }
}

/**
 * One question on a connection that belongs to no lane yet. Text is decoded where the reply is nothing else.
 *
 * @throws ReplyError with the server's text, or a bare Error when the connection is gone.
 */
export function ask(redis: Redis, command: Command): Promise<unknown> {
  return new Promise((resolve, reject) => {
    redis.sendCommand(new Question(command, resolve, reject) as unknown as IoredisCommand);
  });
}
