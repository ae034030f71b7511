--[[
  Deletes a run that reads from a list. What it has taken and not done goes back to where it was taken, in the order in which it
  was taken. Dead letters count as done, those with a new start do not.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`
  Answers  {}
]]
--- @include parts/run
local push = cjson.decode(definition).side == 'left' and 'LPUSH' or 'RPUSH'
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
  local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}').items
  if left then
    local open = {}
    for _, row in ipairs(left) do open[#open + 1] = type(row[ITEM]) == 'table' and row[ITEM].id or stored[row[INDEX] + 1] end
    stored = open
  end
  for _, row in ipairs(cjson.decode(redis.call('HGET', revive, chunk) or '[]')) do stored[#stored + 1] = row[ITEM].id end
  for i = #stored, 1, -1 do redis.call(push, source, stored[i]) end
end
redis.call('UNLINK', meta, cursor, lease, held, retry, suspect, rest, revive, done, empty, dead, token, count, turns, workers, items, wake, rate)
return '{}'
