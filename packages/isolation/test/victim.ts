import type { Command } from "../src/index.ts";
import type { Content, Server } from "./server.ts";

const member = Buffer.from([0xff, 0x00]);

/** A project `b` with data of every type, some of it about to expire in a hundred years. */
const victim: readonly Command[] = [
  ["SET", "proj:b:secret", "SECRET"],
  ["SET", "proj:b:w_1", "SECRET-1"],
  ["SET", "proj:b:expiring", "SECRET", "PXAT", "4102444800000"],
  ["HSET", "proj:b:hash", "f1", "SECRET", "f2", "2"],
  ["RPUSH", "proj:b:list", "1", "SECRET"],
  ["SADD", "proj:b:set", "SECRET", member],
  ["ZADD", "proj:b:zset", "1", "SECRET", "2", "b"],
  ["GEOADD", "proj:b:geo", "15", "37", "SECRET"],
  ["XADD", "proj:b:stream", "1-1", "f1", "SECRET"],
  ["XGROUP", "CREATE", "proj:b:stream", "group", "0"],
  ["SET", "secret", "SECRET of nobody"],
];

/** Writes the victim's data; the function that it answers says what all foreign keys hold now. */
export async function settle(server: Server): Promise<() => Promise<ReadonlyMap<string, Content>>> {
  for (const outcome of await server.run(victim)) if ("error" in outcome) throw new Error(outcome.error);
  return async () => new Map([...(await server.contents("*"))].filter(([key]) => !key.startsWith("proj:a:")));
}
