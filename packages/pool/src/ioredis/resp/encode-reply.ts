import { ReplyError } from "../../errors.ts";
import type { Reply } from "./reply.ts";

/** A value as a reply in RESP2, text and bytes as bulk strings, errors as errors: what `decodeReply` makes the same value of. */
export function encodeReply(reply: Reply): Buffer {
  const pieces: Buffer[] = [];
  let pending = "";
  const todo: Reply[] = [reply];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === null) pending += "$-1\r\n";
    else if (typeof next === "number") pending += `:${next}\r\n`;
    else if (typeof next === "string") pending += `$${Buffer.byteLength(next)}\r\n${next}\r\n`;
    else if (next instanceof ReplyError) pending += `-${next.message.replaceAll(/[\r\n]/g, " ")}\r\n`;
    else if (Buffer.isBuffer(next)) {
      pieces.push(Buffer.from(`${pending}$${next.length}\r\n`), next);
      pending = "\r\n";
    } else {
      pending += `*${next.length}\r\n`;
      for (let index = next.length - 1; index >= 0; index -= 1) todo.push(next[index]!);
    }
  }
  if (pending !== "") pieces.push(Buffer.from(pending));
  return Buffer.concat(pieces);
}
