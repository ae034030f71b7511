import { randomUUID } from "node:crypto";

import type { Redis } from "ioredis";

import { ReplyError } from "../../errors.ts";
import { ask } from "../commands/ask.ts";

/** Whether a PING is answered with its own random word: nothing is owed on the connection, and nothing too many comes. */
export async function answersInPlace(redis: Redis): Promise<boolean> {
  const word = `fleet:${randomUUID()}`;
  try {
    return (await ask(redis, ["PING", word])) === word;
  } catch (error) {
    // A user that may not PING: the refusal names the command it answers.
    return error instanceof ReplyError && /^NOPERM .*'ping'/.test(error.message);
  }
}
