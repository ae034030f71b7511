--[[
  Takes back the leases that ran out: their holder died, or is so slow that it must count as dead. After `suspectAfter` such crashes
  the chunk is worked through one id at a time; the id that was at work alone when its process died has a crash of its own, and is
  given up at the limit. A lease of the caller's own is prolonged, for the caller is alive; it is reported as overdue, since Redis
  may have forgotten that the caller gave the chunk back.

  Needs    parts/run, turn/endings
  ARGV[1]  `crashLimit`, `suspectAfter`
  Leaves   `overdue`
]]
local crashLimit, suspectAfter = request.crashLimit, request.suspectAfter
local crashed, overdue = 0, {}
for _, chunk in ipairs(redis.call('ZRANGE', lease, '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  local holder = redis.call('HGET', held, chunk) or ''
  if string.sub(holder, -#worker - 1) == ' ' .. worker then
    redis.call('ZADD', lease, 'XX', now + leaseMs, chunk)
    overdue[#overdue + 1] = { chunk = tonumber(chunk), token = string.match(holder, '^%d+') }
  else
    crashed = crashed + 1
    local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}')
    left.crashes = (left.crashes or 0) + 1
    if left.alone then
      local others = {}
      for _, row in ipairs(left.items) do
        local isGuilty = row[INDEX] == left.alone.index
        if isGuilty then row[CRASHES] = row[CRASHES] + 1 end
        if isGuilty and row[CRASHES] >= crashLimit - suspectAfter then
          bury(chunk .. ':' .. whole(row[INDEX]), cjson.encode({
            item = left.alone.item,
            reason = 'crashes',
            attempts = row[ATTEMPTS],
            crashes = row[CRASHES] + suspectAfter,
          }))
        else
          others[#others + 1] = row
        end
      end
      left.alone = nil
      left.items = others
    end
    redis.call('HDEL', held, chunk)
    redis.call('ZREM', lease, chunk)
    if left.items and #left.items == 0 then
      finish(chunk)
    else
      redis.call('HSET', rest, chunk, cjson.encode(left))
      redis.call('ZADD', left.crashes >= suspectAfter and suspect or retry, now, chunk)
    end
  end
end
if crashed > 0 then
  redis.call('HINCRBY', count, 'crashed', crashed)
  local reports = redis.call('HGETALL', workers)
  for i = 1, #reports, 2 do
    local at = tonumber(string.match(reports[i + 1], '^%d+'))
    if now - at > 600000 then
      redis.call('HDEL', workers, reports[i])
      redis.call('HDEL', turns, reports[i])
    end
  end
end
