import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/**
 * Gives dead letters a new start. A chunk that is still in work is somebody's: what is revived of it waits beside it
 * until it ends. ARGV: epoch; then the fields of the dead letters. Answer, JSON: how many were there.
 */
export const resurrect: Script = script(
  "resurrect",
  `${preamble}
local moved, lists = 0, {}
for i = 2, #ARGV do
  local letter = redis.call('HGET', dead, ARGV[i])
  if letter then
    local chunk, index = string.match(ARGV[i], '^(%d+):(%d+)$')
    lists[chunk] = lists[chunk] or {}
    table.insert(lists[chunk], cjson.encode({ tonumber(index), 0, 0, cjson.decode(string.match(letter, ' (.*)$')).item }))
    redis.call('HDEL', dead, ARGV[i])
    moved = moved + 1
  end
end
for chunk, list in pairs(lists) do
  local all = table.concat(list, ',')
  local others = redis.call('HGET', revive, chunk)
  if others then
    redis.call('HSET', revive, chunk, string.sub(others, 1, -2) .. ',' .. all .. ']')
  elseif redis.call('GETBIT', done, chunk) == 0 then
    redis.call('HSET', revive, chunk, '[' .. all .. ']')
  else
    redis.call('SETBIT', done, chunk, 0)
    redis.call('HSET', rest, chunk, '{"i":[' .. all .. ']}')
    redis.call('ZADD', retry, now, chunk)
  end
end
if moved > 0 then
  redis.call('HDEL', meta, 'completed')
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1')
end
return cjson.encode({ moved = moved })
`,
);
