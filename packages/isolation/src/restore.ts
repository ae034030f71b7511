import type { KeyNames } from "./command-row.ts";
import type { Reply } from "./command.ts";
import { ForeignKeyError } from "./errors.ts";

type Restore = <R extends Reply>(reply: R) => R;
type Map = (reply: Reply) => Reply;

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
  const restore = {
    first,
    "each-first": each,
    "series-info": (reply: Reply) => seriesInfo(reply, name, each),
  }[names];
  return ((reply: Reply) => (reply === null ? null : restore(reply))) as Restore;
}

/** TS.INFO names the series that its rules write to, the one it comes from, and with DEBUG itself. */
function seriesInfo(reply: Reply, name: Map, each: Map): Reply {
  if (!Array.isArray(reply)) throw new ForeignKeyError();
  const fields = [...(reply as readonly Reply[])];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const field = String(fields[index]);
    const value = fields[index + 1]!;
    if (value === null) continue;
    if (field === "sourceKey" || field === "keySelfName") fields[index + 1] = name(value);
    else if (field === "rules") fields[index + 1] = each(value);
  }
  return fields;
}
