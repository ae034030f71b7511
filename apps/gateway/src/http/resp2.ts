import type { Answer } from "./answer.ts";
import type { Encoding } from "./encode.ts";

/** How replies are written: in JSON, with strings in one of its encodings, or as the bytes of Redis (`Upstash-Response-Format: resp2`). */
export type Form = Encoding | "resp2";

/** What is written at once of a large reply. */
const pieceBytes = 65_536;

/** The bytes of a reply in pieces. */
export function* replySlices(wire: Buffer): Generator<Buffer, void> {
  for (let from = 0; from < wire.length; from += pieceBytes) yield wire.subarray(from, from + pieceBytes);
}

/** An error as a reply: a line, which its text must not end early. */
export function errorLine({ text }: Pick<Answer, "text">): string {
  return `-${text.replaceAll(/[\r\n]+/g, " ")}\r\n`;
}
