/**
 * Leases that ran out: their holder died, or is so slow that it must count as dead. After `patience` such deaths the chunk
 * is looked at one id at a time; the id that was at work alone when its process died has a crash of its own, and is given
 * up at the limit. A lease of the caller's own did not run out: it is here. It is told, since Redis may have forgotten that
 * it gave the chunk back.
 *
 * Leaves `own`, the chunks and tokens of the caller.
 */
export const reclaim = `
local crashed, own = 0, {}
for _, chunk in ipairs(redis.call('ZRANGE', lease, '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  local holder = redis.call('HGET', held, chunk) or ''
  if string.sub(holder, -#worker - 1) == ' ' .. worker then
    redis.call('ZADD', lease, 'XX', now + leaseMs, chunk)
    own[#own + 1] = { tonumber(chunk), string.match(holder, '^%d+') }
  else
    crashed = crashed + 1
    local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}')
    left.c = (left.c or 0) + 1
    if left.m then
      local others = {}
      for _, item in ipairs(left.i) do
        if item[1] == left.m[1] then item[3] = item[3] + 1 end
        if item[1] == left.m[1] and item[3] >= crashLimit - patience then
          bury({ { chunk .. ':' .. whole(item[1]), cjson.encode({ item = left.m[2], reason = 'crashes', attempts = item[2], crashes = item[3] + patience }) } })
        else
          others[#others + 1] = item
        end
      end
      left.m = nil
      left.i = others
    end
    redis.call('HDEL', held, chunk)
    redis.call('ZREM', lease, chunk)
    if left.i and #left.i == 0 then
      finish(chunk)
    else
      redis.call('HSET', rest, chunk, cjson.encode(left))
      redis.call('ZADD', left.c >= patience and suspect or retry, now, chunk)
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
`;
