/**
 * Where the run stands now. Complete is a run with nothing left to do, which the bitmap bears out. The answer is kept, for
 * the case that the same turn is told again.
 */
export const answer = `
local function score(key)
  local one = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return one[2] and tonumber(one[2]) or math.huge
end

local paused = tonumber(redis.call('GET', rate) or '0') - nowUs
if paused > 0 then answer.p = math.ceil(paused / 1000) end

if #chunks == 0 then
  local isThrough = redis.call('ZCARD', lease) == 0 and redis.call('ZCARD', retry) == 0 and redis.call('ZCARD', suspect) == 0
  if isThrough and state == 'running' and isOpen then
    -- Paused, or not asked, it would not know whether there is more.
    if want > 0 then answer.s = 'drained' end
  elseif isThrough and state ~= 'loading' and not isOpen and tonumber(redis.call('GET', cursor) or '0') >= total then
    if redis.call('BITCOUNT', done) ~= total then return lost('incomplete') end
    answer.s = 'complete'
    if redis.call('HSETNX', meta, 'completed', now) == 1 then redis.call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1') end
  end
  local due = math.min(score(retry), score(suspect) , score(lease)) - now
  if due < math.huge then answer.w = math.max(0, math.ceil(due)) end
  local last = redis.call('XREVRANGE', wake, '+', '-', 'COUNT', 1)
  answer.k = last[1] and last[1][1] or '0-0'
  if facts.kind == 'stream' then
    for _, other in ipairs(redis.call('XINFO', 'GROUPS', source)) do
      local told = {}
      for i = 1, #other, 2 do told[other[i]] = other[i + 1] end
      if told.name == group then answer.g = told['last-delivered-id'] end
    end
  end
end

local text = cjson.encode(answer)
redis.call('HSET', turns, worker, seq .. ' ' .. text)
return text
`;
