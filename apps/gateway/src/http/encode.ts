import type { Reply } from "@fleet/isolation";

/** How strings are written: as text, or as base64 (`Upstash-Encoding: base64`), which is the only form that carries any bytes. */
export type Encoding = "text" | "base64";

/** `{"result":...}` for a reply whose strings are bytes. What is no UTF-8 loses its bytes as text, and keeps them as base64. */
export function encodeResult(reply: Reply, encoding: Encoding): string {
  return `{"result":${encodeTop(reply, encoding)}}`;
}

/** `{"error":"..."}`: never base64. */
export function encodeError(text: string): string {
  return `{"error":${JSON.stringify(text)}}`;
}

/** Only a reply that is `OK` itself stays as it is: inside an array the SDK decodes every string, at the top every one but this. */
function encodeTop(reply: Reply, encoding: Encoding): string {
  return encoding === "base64" && Buffer.isBuffer(reply) && isOk(reply)
    ? '"OK"'
    : encodeReply(reply, encoding);
}

function encodeReply(reply: Reply, encoding: Encoding): string {
  if (reply === null) return "null";
  if (Buffer.isBuffer(reply))
    return encoding === "text" ? JSON.stringify(reply.toString()) : `"${reply.toString("base64")}"`;
  if (typeof reply === "number" || typeof reply === "bigint") return String(reply);
  // Among bytes, a string holds the digits of an integer that no number holds exactly.
  if (typeof reply === "string") return reply;
  if (reply instanceof Error) return encodeError(reply.message);
  let text = "[";
  for (let index = 0; index < reply.length; index += 1) {
    if (index > 0) text += ",";
    text += encodeReply(reply[index]!, encoding);
  }
  return `${text}]`;
}

const isOk = (bytes: Buffer): boolean => bytes.length === 2 && bytes[0] === 79 && bytes[1] === 75;
