import type { BatchReply } from "@fleet/client";

import { answerFor, errorBody } from "../http/answer.ts";
import { encodeResult, resultPieces } from "../http/encode.ts";
import type { Encoding } from "../http/encode.ts";

/** Longer pieces are not joined: what is written at once is about as long. */
const pieceLength = 65_536;

/** In the order of the slots: ours, and the servers' in the gaps. */
export function encodeSlots(
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
  encoding: Encoding,
): string {
  let next = 0;
  let text = "";
  for (const answer of own) {
    text += text === "" ? "[" : ",";
    text += answer ?? encodeSlot(replies[next++]!, encoding);
  }
  return `${text}]`;
}

/** The same in pieces; of an answer that comes in parts, the brackets of the first and the last. */
export function* slotPieces(
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
  encoding: Encoding,
  { isFirst, isLast }: { readonly isFirst: boolean; readonly isLast: boolean },
): Generator<string, void> {
  let next = 0;
  let text = isFirst ? "[" : ",";
  for (const [index, answer] of own.entries()) {
    if (index > 0) text += ",";
    const reply = answer === undefined ? replies[next++]! : undefined;
    if (reply !== undefined && "value" in reply && (reply.value as Buffer).length > pieceLength)
      for (const piece of resultPieces(reply.value as Buffer, encoding)) {
        yield text + piece;
        text = "";
      }
    else text += answer ?? encodeSlot(reply!, encoding);
    if (text.length < pieceLength) continue;
    yield text;
    text = "";
  }
  if (isLast) text += "]";
  if (text !== "") yield text;
}

/** What the replies hold. */
export function bytesOf(replies: readonly BatchReply[]): number {
  let bytes = 0;
  for (const reply of replies) if ("value" in reply) bytes += (reply.value as Buffer).length;
  return bytes;
}

function encodeSlot(reply: BatchReply, encoding: Encoding): string {
  return "error" in reply ? errorBody(answerFor(reply.error)) : encodeResult(reply.value as Buffer, encoding);
}
