--[[
  Settles the chunks that ended otherwise. Chunks that are handed back wake the workers that wait.

  Needs    parts/run, turn/endings
  ARGV[1]  `settlements`: `chunk`; `token`; `outcome`: "done", "later", or "keep", which only notes how far the holder is;
           `remainder`, what is left of it, JSON in itself (absent: as before); `delayMs` until it is due again; `isSuspect`;
           `isHandedBack`; `retried`, how many ids; `letters`: `field` and `letter` of each id that is given up; `empty`,
           positions of ids that had nothing to write
]]
local handedBack = 0
for _, settlement in ipairs(request.settlements or {}) do
  local chunk = whole(settlement.chunk)
  if redis.call('HGET', held, chunk) ~= settlement.token .. ' ' .. worker then
    refuse(chunk)
  else
    for _, each in ipairs(settlement.letters or {}) do bury(each.field, each.letter) end
    for _, position in ipairs(settlement.empty or {}) do redis.call('SETBIT', empty, whole(position), 1) end
    if settlement.retried then redis.call('HINCRBY', count, 'retried', settlement.retried) end
    if settlement.remainder then redis.call('HSET', rest, chunk, settlement.remainder) end
    if settlement.outcome ~= 'keep' then
      redis.call('HDEL', held, chunk)
      redis.call('ZREM', lease, chunk)
      if settlement.outcome == 'done' then
        finish(chunk)
      else
        redis.call('ZADD', settlement.isSuspect and suspect or retry, now + settlement.delayMs, chunk)
        if settlement.isHandedBack then handedBack = handedBack + 1 end
      end
    end
  end
end
if handedBack > 0 then
  redis.call('HINCRBY', count, 'handedBack', handedBack)
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'cause', 'hand-back')
end
