--[[
  Gives dead letters a new start. What is revived of a chunk that is still in work waits beside it until it ends.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`
  ARGV[2+] the fields of the dead letters
  Answers  JSON: `moved`, how many of them were there
]]
--- @include parts/run
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
    redis.call('HSET', rest, chunk, '{"items":[' .. all .. ']}')
    redis.call('ZADD', retry, now, chunk)
  end
end
if moved > 0 then
  redis.call('HDEL', meta, 'completed')
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'cause', 'resurrect')
end
return cjson.encode({ moved = moved })
