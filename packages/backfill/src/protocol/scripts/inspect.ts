import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/**
 * All that is known about one id. ARGV: epoch; chunk; index in the chunk; position among all ids.
 * Answer, JSON. Writes nothing.
 */
export const inspect: Script = script(
  "inspect",
  `${preamble}
local chunk = ARGV[2]
local told = {
  now = now,
  isFresh = tonumber(chunk) >= tonumber(redis.call('GET', cursor) or '0'),
  isDone = redis.call('GETBIT', done, chunk) == 1,
  isEmpty = redis.call('GETBIT', empty, ARGV[4]) == 1,
  letter = redis.call('HGET', dead, chunk .. ':' .. ARGV[3]),
  left = redis.call('HGET', rest, chunk),
  revived = redis.call('HGET', revive, chunk),
  holder = redis.call('HGET', held, chunk),
  expires = redis.call('ZSCORE', lease, chunk),
  due = redis.call('ZSCORE', retry, chunk) or redis.call('ZSCORE', suspect, chunk),
}
return cjson.encode(told)
`,
);
