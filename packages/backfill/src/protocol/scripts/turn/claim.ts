/**
 * Chunks for the caller, each with a lease under one new token: a suspect where one is wanted, then those that are due for
 * another try, then fresh ones.
 *
 * Leaves `chunks`, the numbers of all that were claimed, and the table `answer`.
 */
export const claim = `
local taken, chunks, first, fresh = {}, {}, 0, 0
if state == 'running' then
  local waiting = {}
  if tonumber(ARGV[8]) == 1 then
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
    chunks[#chunks + 1] = chunk
    taken[#taken + 1] = { tonumber(chunk), redis.call('HGET', rest, chunk), isStored and redis.call('HGET', items, chunk) }
  end
  if want > 0 and isOpen then
    local before = #taken
    takeEntries(want, taken)
    for i = before + 1, #taken do chunks[#chunks + 1] = whole(taken[i][1]) end
  elseif want > 0 then
    first = tonumber(redis.call('GET', cursor) or '0')
    fresh = math.max(0, math.min(want, total - first))
    if fresh > 0 then redis.call('INCRBY', cursor, fresh) end
    for i = 0, fresh - 1 do
      local chunk = whole(first + i)
      chunks[#chunks + 1] = chunk
      if isStored then taken[#taken + 1] = { first + i, false, redis.call('HGET', items, chunk) } end
    end
  end
end

local answer = { n = whole(nowUs), s = state }
if #chunks > 0 then
  -- By the clock, so that it never goes back, not even when Redis has forgotten what it did last; by the counter, so
  -- that no two claims of the same microsecond share one.
  local issued = whole(math.max(nowUs, tonumber(redis.call('GET', token) or '0') + 1))
  redis.call('SET', token, issued)
  local leases, holders = {}, {}
  for _, chunk in ipairs(chunks) do
    leases[#leases + 1] = now + leaseMs
    leases[#leases + 1] = chunk
    holders[#holders + 1] = chunk
    holders[#holders + 1] = issued .. ' ' .. worker
  end
  redis.call('ZADD', lease, unpack(leases))
  redis.call('HSET', held, unpack(holders))
  redis.call('HINCRBY', count, 'claimed', #chunks)
  answer.t = issued
  if #taken > 0 then answer.c = taken end
  if fresh > 0 and not isStored then answer.a = { first, fresh } end
end
if #fenced > 0 then answer.f = fenced end
if #own > 0 then answer.o = own end
`;
