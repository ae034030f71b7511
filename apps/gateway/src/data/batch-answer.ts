import type { BatchReply } from "@fleet/client";

import { answerFor, errorBody } from "../http/answer.ts";
import type { Answer } from "../http/answer.ts";
import { encodeResult, resultPieces } from "../http/encode.ts";
import type { Encoding } from "../http/encode.ts";
import { errorLine, replySlices } from "../http/resp2.ts";
import type { Form } from "../http/resp2.ts";

/** Longer pieces are not joined: what is written at once is about as long. */
const pieceLength = 65_536;

/** In the order of the slots: ours, and the servers' in the gaps. */
export function encodeSlots(
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
  form: Form,
): string | Buffer {
  if (form === "resp2") return Buffer.concat([...wirePieces(own, replies)]);
  let next = 0;
  let text = "";
  for (const answer of own) {
    text += text === "" ? "[" : ",";
    text += answer ?? encodeSlot(replies[next++]!, form);
  }
  return `${text}]`;
}

/** The same in pieces; of an answer that comes in parts, the brackets of the first and the last. */
export function* slotPieces(
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
  form: Form,
  { isFirst, isLast }: { readonly isFirst: boolean; readonly isLast: boolean },
): Generator<string | Buffer, void> {
  if (form === "resp2") {
    yield* wirePieces(own, replies);
    return;
  }
  let next = 0;
  let text = isFirst ? "[" : ",";
  for (const [index, answer] of own.entries()) {
    if (index > 0) text += ",";
    const reply = answer === undefined ? replies[next++]! : undefined;
    if (reply !== undefined && "value" in reply && (reply.value as Buffer).length > pieceLength)
      for (const piece of resultPieces(reply.value as Buffer, form)) {
        yield text + piece;
        text = "";
      }
    else text += answer ?? encodeSlot(reply!, form);
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

/** An error that stands in a slot. */
export function encodeRefusal(answer: Answer, form: Form): string {
  return form === "resp2" ? errorLine(answer) : errorBody(answer);
}

function encodeSlot(reply: BatchReply, encoding: Encoding): string {
  return "error" in reply ? errorBody(answerFor(reply.error)) : encodeResult(reply.value as Buffer, encoding);
}

/** Replies one behind the other, as Redis answers a pipeline. */
function* wirePieces(
  own: readonly (string | undefined)[],
  replies: readonly BatchReply[],
): Generator<Buffer, void> {
  let next = 0;
  let short: Buffer[] = [];
  let bytes = 0;
  for (const answer of own) {
    const reply = answer === undefined ? replies[next++]! : undefined;
    const wire =
      reply !== undefined && "value" in reply
        ? (reply.value as Buffer)
        : Buffer.from(answer ?? errorLine(answerFor(reply!.error)));
    if (wire.length <= pieceLength) {
      short.push(wire);
      bytes += wire.length;
    }
    if (bytes >= pieceLength || wire.length > pieceLength) {
      yield Buffer.concat(short);
      short = [];
      bytes = 0;
    }
    if (wire.length > pieceLength) yield* replySlices(wire);
  }
  if (bytes > 0) yield Buffer.concat(short);
}
