import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/**
 * Deletes a run that reads from a list, and puts what it has taken and not done back where it was taken, in the order in
 * which it was taken. Dead letters are done, those with a new start are not. ARGV: epoch.
 */
export const giveBack: Script = script(
  "give-back",
  `${preamble}
local push = cjson.decode(known[5]).side == 'left' and 'LPUSH' or 'RPUSH'
local chunks, seen = {}, {}
for _, key in ipairs({ items, rest, revive }) do
  for _, chunk in ipairs(redis.call('HKEYS', key)) do
    if not seen[chunk] then chunks[#chunks + 1] = chunk end
    seen[chunk] = true
  end
end
table.sort(chunks, function(one, other) return tonumber(one) > tonumber(other) end)
for _, chunk in ipairs(chunks) do
  local stored = cjson.decode(redis.call('HGET', items, chunk) or '[]')
  local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}').i
  if left then
    local open = {}
    for _, item in ipairs(left) do open[#open + 1] = type(item[4]) == 'table' and item[4].id or stored[item[1] + 1] end
    stored = open
  end
  for _, item in ipairs(cjson.decode(redis.call('HGET', revive, chunk) or '[]')) do stored[#stored + 1] = item[4].id end
  for i = #stored, 1, -1 do redis.call(push, source, stored[i]) end
end
redis.call('UNLINK', meta, cursor, lease, held, retry, suspect, rest, revive, done, empty, dead, token, count, turns, workers, items, wake, rate)
return '{}'
`,
);
