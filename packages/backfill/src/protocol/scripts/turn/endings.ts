/**
 * The ways in which a chunk ends, as functions for the parts that follow: `finish` (nothing is left of it), `refuse` (the
 * worker does not hold it) and `bury` (ids that are given up).
 *
 * Leaves `group`, `consumer`, `isStored`, `isOpen`, `reviving`, and the counts `fenced`, `finished` and `handedBack`.
 */
export const endings = `
local group, consumer = facts.group, 'fleet:' .. ARGV[1]
local isStored, isOpen = facts.kind ~= 'range', facts.kind == 'stream' or facts.kind == 'list'
local reviving = redis.call('HLEN', revive) > 0
local fenced, finished, handedBack = {}, 0, 0

-- Every id of the chunk is written, empty or dead. Dead letters that were revived meanwhile keep it open.
local function finish(chunk)
  if isOpen then
    local stored = redis.call('HGET', items, chunk)
    if stored and group then
      for _, entry in ipairs(cjson.decode(stored)) do redis.call('XACK', source, group, entry[1]) end
    end
    redis.call('HDEL', items, chunk)
  end
  local back = reviving and redis.call('HGET', revive, chunk)
  if back then
    redis.call('HSET', rest, chunk, '{"i":' .. back .. '}')
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

local function bury(letters)
  for _, letter in ipairs(letters) do redis.call('HSET', dead, letter[1], now .. ' ' .. letter[2]) end
  if #letters > 0 then redis.call('HINCRBY', count, 'dead', #letters) end
end
`;
