import type { Command as IoredisCommand, Redis } from "ioredis";

import { encode } from "./encode.ts";
import type { Command, Reply } from "./reply.ts";
import { type Sender, WireCommand } from "./wire-command.ts";

const alone: Sender = {
  answered() {},
  settled() {},
  lost: () => new Error("connection closed"),
};

/**
 * One question on a connection that belongs to no lane yet.
 *
 * @throws ReplyError with the server's text, or a bare Error when the connection is gone.
 */
export function ask(redis: Redis, command: Command): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const wire = new WireCommand(alone, encode(command, "own"), "utf8", 0, Infinity, resolve, reject);
    redis.sendCommand(wire as unknown as IoredisCommand);
  });
}
