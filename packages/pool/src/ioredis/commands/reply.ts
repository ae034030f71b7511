import { ReplyError, type WrongLaneError } from "../../errors.ts";

/** The name of a Redis command and its flat arguments. A name in any case; text is sent as UTF-8. */
export type Command = readonly [name: string, ...args: (string | Buffer)[]];

/**
 * A reply in its RESP2 shape. An integer is a number where that is exact (|n| <= 2^53 - 1), else its decimal digits as
 * a string: unlike a bigint those survive JSON.
 */
export type Reply = string | number | Buffer | null | readonly Reply[];

/** One slot of a batch: its reply, or the error that the server answered to this one command, or why it was not sent. */
export type BatchReply = { readonly value: Reply } | { readonly error: ReplyError | WrongLaneError };

/** What ioredis decodes on protocol 2 with `stringNumbers`: bytes for text, digits for integers. */
export type RawReply = Buffer | string | null | Error | readonly RawReply[];

/** @throws ReplyError when an array holds an error, as only scripts can make them. */
export function decode(raw: RawReply, encoding: "utf8" | "buffer"): Reply {
  if (raw === null) return null;
  if (typeof raw === "string") return integer(raw);
  if (Buffer.isBuffer(raw)) return encoding === "utf8" ? raw.toString() : raw;
  if (Array.isArray(raw)) return (raw as readonly RawReply[]).map((item) => decode(item, encoding));
  throw new ReplyError((raw as Error).message);
}

function integer(digits: string): number | string {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
}
