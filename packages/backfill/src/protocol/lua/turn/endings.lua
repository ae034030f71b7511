--[[
  The ways in which a chunk ends, as functions for the parts that follow.

  Needs    parts/run, `origin`
  Leaves   `finish(chunk)`: nothing is left of it; `refuse(chunk)`: the worker does not hold it; `bury(field, letter)`: an id is
           given up; `group`, `consumer`, `isStored`, `isOpen`, `isReviving`; `fenced`, `finished`
]]
local group, consumer = origin.group, 'fleet:' .. request.epoch
local isStored, isOpen = origin.kind ~= 'range', origin.kind == 'stream' or origin.kind == 'list'
local isReviving = redis.call('HLEN', revive) > 0
local fenced, finished = {}, 0

-- Every id of the chunk is written, empty or dead. Dead letters that were revived meanwhile keep it open.
local function finish(chunk)
  if isOpen then
    local stored = redis.call('HGET', items, chunk)
    if stored and group then
      for _, entry in ipairs(cjson.decode(stored)) do redis.call('XACK', source, group, entry[1]) end
    end
    redis.call('HDEL', items, chunk)
  end
  local revived = isReviving and redis.call('HGET', revive, chunk)
  if revived then
    redis.call('HSET', rest, chunk, '{"items":' .. revived .. '}')
    redis.call('HDEL', revive, chunk)
    redis.call('ZADD', retry, now, chunk)
  else
    redis.call('SETBIT', done, chunk, 1)
    redis.call('HDEL', rest, chunk)
    finished = finished + 1
  end
end

local function refuse(chunk)
  if redis.call('GETBIT', done, chunk) == 0 then fenced[#fenced + 1] = tonumber(chunk) end
end

local function bury(field, letter)
  redis.call('HSET', dead, field, now .. ' ' .. letter)
  redis.call('HINCRBY', count, 'dead', 1)
end
