--[[
  All that is known about one id. Writes nothing.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`; `chunk`; `index` in the chunk; `position` among all ids
  Answers  JSON: `now`, `isFresh`, `isDone`, `isEmpty`; and where they are there: `letter`, `remainder`, `revived`, `holder`,
           `expires`, `due`
]]
--- @include parts/run
local chunk = whole(request.chunk)
return cjson.encode({
  now = now,
  isFresh = request.chunk >= tonumber(redis.call('GET', cursor) or '0'),
  isDone = redis.call('GETBIT', done, chunk) == 1,
  isEmpty = redis.call('GETBIT', empty, whole(request.position)) == 1,
  letter = redis.call('HGET', dead, chunk .. ':' .. whole(request.index)) or nil,
  remainder = redis.call('HGET', rest, chunk) or nil,
  revived = redis.call('HGET', revive, chunk) or nil,
  holder = redis.call('HGET', held, chunk) or nil,
  expires = redis.call('ZSCORE', lease, chunk) or nil,
  due = redis.call('ZSCORE', retry, chunk) or redis.call('ZSCORE', suspect, chunk) or nil,
})
