import type { KeyNames } from "./command-row.ts";
import type { Reply } from "./command.ts";
import { ForeignKeyError } from "./errors.ts";

type Restore = <R extends Reply>(reply: R) => R;

/** For replies that carry no key name. */
export const unchanged: Restore = (reply) => reply;

/** For replies that carry key names: copies what it changes, drops the prefix, refuses names that lack it. */
export function restorer(prefix: string, bytes: Buffer, names: KeyNames): Restore {
  const name = (reply: Reply | undefined): Reply => {
    if (typeof reply === "string" && reply.startsWith(prefix)) return reply.slice(prefix.length);
    if (Buffer.isBuffer(reply) && reply.subarray(0, bytes.length).equals(bytes))
      return reply.subarray(bytes.length);
    throw new ForeignKeyError();
  };
  const first = (reply: Reply): Reply =>
    Array.isArray(reply) ? [name(reply[0] as Reply | undefined), ...(reply.slice(1) as Reply[])] : reply;
  const each = (reply: Reply): Reply => (Array.isArray(reply) ? (reply as Reply[]).map(first) : reply);
  return (names === "first" ? first : each) as Restore;
}
