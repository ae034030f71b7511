--[[
  Claims chunks for the caller, each with a lease under one new token: a suspect where one is wanted, then those that are due for
  another try, then fresh ones.

  Needs    parts/run, turn/endings, turn/reclaim, turn/take-in, `origin`, `want`
  ARGV[1]  `isSuspectWanted`
  Leaves   `claimed`, the numbers of all chunks, and the table `answer`
]]
local taken, claimed, first, fresh = {}, {}, 0, 0
if state == 'running' then
  local waiting = {}
  if request.isSuspectWanted then
    waiting = redis.call('ZRANGE', suspect, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)
    if #waiting > 0 then redis.call('ZREM', suspect, waiting[1]) end
  end
  if want > 0 then
    local due = redis.call('ZRANGE', retry, '-inf', now, 'BYSCORE', 'LIMIT', 0, want)
    if #due > 0 then redis.call('ZREM', retry, unpack(due)) end
    for _, chunk in ipairs(due) do waiting[#waiting + 1] = chunk end
    want = want - #due
  end
  for _, chunk in ipairs(waiting) do
    claimed[#claimed + 1] = chunk
    taken[#taken + 1] = {
      number = tonumber(chunk),
      remainder = redis.call('HGET', rest, chunk) or nil,
      items = isStored and redis.call('HGET', items, chunk) or nil,
    }
  end
  if want > 0 and isOpen then
    local before = #taken
    takeEntries(want, taken)
    for i = before + 1, #taken do claimed[#claimed + 1] = whole(taken[i].number) end
  elseif want > 0 then
    first = tonumber(redis.call('GET', cursor) or '0')
    fresh = math.max(0, math.min(want, total - first))
    if fresh > 0 then redis.call('INCRBY', cursor, fresh) end
    for i = 0, fresh - 1 do
      local chunk = whole(first + i)
      claimed[#claimed + 1] = chunk
      if isStored then taken[#taken + 1] = { number = first + i, items = redis.call('HGET', items, chunk) or nil } end
    end
  end
end

local answer = { timeUs = whole(nowUs), state = state }
if #claimed > 0 then
  -- By the clock, so that it never goes back, not even when Redis has forgotten what it did last; by the counter, so that no two
  -- claims of the same microsecond share one.
  local issued = whole(math.max(nowUs, tonumber(redis.call('GET', token) or '0') + 1))
  redis.call('SET', token, issued)
  local leases, holders, holder = {}, {}, issued .. ' ' .. worker
  for _, chunk in ipairs(claimed) do
    leases[#leases + 1] = now + leaseMs
    leases[#leases + 1] = chunk
    holders[#holders + 1] = chunk
    holders[#holders + 1] = holder
  end
  redis.call('ZADD', lease, unpack(leases))
  redis.call('HSET', held, unpack(holders))
  redis.call('HINCRBY', count, 'claimed', #claimed)
  answer.token = issued
  if #taken > 0 then answer.chunks = taken end
  if fresh > 0 and not isStored then answer.fresh = { first = first, count = fresh } end
end
if #fenced > 0 then answer.fenced = fenced end
if #overdue > 0 then answer.overdue = overdue end
