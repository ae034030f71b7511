import type { KeyNames } from "./command-row.ts";
import type { Reply } from "./command.ts";
import { ForeignKeyError } from "./errors.ts";

type Restore = <R extends Reply>(reply: R) => R;

/** For replies that carry no key name. */
export const unchanged: Restore = (reply) => reply;

/** For replies that carry key names: copies what it changes, drops the prefix, refuses names that lack it and replies that cannot be these. */
export function restorer(prefix: string, bytes: Buffer, names: KeyNames): Restore {
  const name = (reply: Reply | undefined): Reply => {
    if (typeof reply === "string" && reply.startsWith(prefix)) return reply.slice(prefix.length);
    if (Buffer.isBuffer(reply) && reply.subarray(0, bytes.length).equals(bytes))
      return reply.subarray(bytes.length);
    throw new ForeignKeyError();
  };
  const first = (reply: Reply): Reply => {
    if (!Array.isArray(reply)) throw new ForeignKeyError();
    const [key, ...rest] = reply as readonly Reply[];
    return [name(key), ...rest];
  };
  const each = (reply: Reply): Reply => {
    if (!Array.isArray(reply)) throw new ForeignKeyError();
    return (reply as readonly Reply[]).map(first);
  };
  const restore = names === "first" ? first : each;
  return ((reply: Reply) => (reply === null ? null : restore(reply))) as Restore;
}
