--[[
  One consistent look at the whole run. Writes nothing.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`
  Answers  JSON: the fields of `Survey` in status-of.ts
]]
--- @include parts/run
local function pairsOf(flat)
  local found = {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end

local origin = cjson.decode(definition)
local oldest = redis.call('ZRANGE', lease, 0, 0, 'WITHSCORES')
local times = redis.call('HMGET', meta, 'created', 'completed')
local survey = {
  now = now,
  state = state,
  total = total,
  cursor = tonumber(redis.call('GET', cursor) or '0'),
  done = redis.call('BITCOUNT', done),
  leased = redis.call('ZCARD', lease),
  retrying = redis.call('ZCARD', retry),
  suspect = redis.call('ZCARD', suspect),
  dead = redis.call('HLEN', dead),
  oldest = oldest[2] and tonumber(oldest[2]) - now,
  counts = pairsOf(redis.call('HGETALL', count)),
  workers = pairsOf(redis.call('HGETALL', workers)),
  created = tonumber(times[1]),
  completed = tonumber(times[2] or ''),
}
if total and total > 0 then survey.isLastDone = redis.call('GETBIT', done, total - 1) end
if origin.kind == 'list' or origin.kind == 'stream' then
  -- What is taken and not through stands in these three, and nowhere is there more of it than what is in work.
  local open, seen = 0, {}
  for _, key in ipairs({ rest, items }) do
    for _, chunk in ipairs(redis.call('HKEYS', key)) do
      if not seen[chunk] then
        seen[chunk] = true
        local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}').items
        open = open + #(left or cjson.decode(redis.call('HGET', items, chunk) or '[]'))
      end
    end
  end
  for _, revived in ipairs(redis.call('HVALS', revive)) do open = open + #cjson.decode(revived) end
  survey.open = open
end
if origin.kind == 'list' then survey.waiting = redis.call('LLEN', source) end
if origin.kind == 'stream' then
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', source)) do
    local group = pairsOf(flat)
    if group.name == origin.group and group.lag then survey.waiting = group.lag end
  end
end
return cjson.encode(survey)
