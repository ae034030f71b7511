import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/** One consistent look at the whole run. ARGV: epoch. Answer, JSON: see `Survey`. Writes nothing. */
export const survey: Script = script(
  "survey",
  `${preamble}
local function pairsOf(key)
  local flat, told = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do told[flat[i]] = flat[i + 1] end
  return told
end
local facts = cjson.decode(known[5])
local oldest = redis.call('ZRANGE', lease, 0, 0, 'WITHSCORES')
local at = redis.call('HMGET', meta, 'created', 'completed')
local told = {
  now = now,
  state = state,
  total = total,
  cursor = tonumber(redis.call('GET', cursor) or '0'),
  done = redis.call('BITCOUNT', done),
  leased = redis.call('ZCARD', lease),
  retrying = redis.call('ZCARD', retry),
  suspect = redis.call('ZCARD', suspect),
  reviving = redis.call('HLEN', revive),
  dead = redis.call('HLEN', dead),
  oldest = oldest[2] and tonumber(oldest[2]) - now,
  counts = pairsOf(count),
  workers = pairsOf(workers),
  created = tonumber(at[1]),
  completed = tonumber(at[2] or ''),
}
if total and total > 0 then told.isLastDone = redis.call('GETBIT', done, total - 1) end
if facts.kind == 'list' or facts.kind == 'stream' then
  -- What is taken and not through stands in these three, and nowhere is there more of it than what is in work.
  local open, seen = 0, {}
  for _, key in ipairs({ rest, items }) do
    for _, chunk in ipairs(redis.call('HKEYS', key)) do
      if not seen[chunk] then
        seen[chunk] = true
        local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}').i
        open = open + #(left or cjson.decode(redis.call('HGET', items, chunk) or '[]'))
      end
    end
  end
  for _, revived in ipairs(redis.call('HVALS', revive)) do open = open + #cjson.decode(revived) end
  told.open = open
end
if facts.kind == 'list' then told.waiting = redis.call('LLEN', source) end
if facts.kind == 'stream' then
  for _, other in ipairs(redis.call('XINFO', 'GROUPS', source)) do
    local group = {}
    for i = 1, #other, 2 do group[other[i]] = other[i + 1] end
    if group.name == facts.group and group.lag then told.waiting = group.lag end
  end
end
return cjson.encode(told)
`,
);
