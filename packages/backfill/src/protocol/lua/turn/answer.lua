--[[
  Adds to the answer where the run stands now. Complete is a run with nothing left to do, which the bitmap bears out. The answer is
  kept, for the case that the same turn is sent again.

  Needs    all parts of the turn
  Answers  for the turn
]]
local function firstScore(key)
  local one = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return one[2] and tonumber(one[2]) or math.huge
end

local pausedUs = tonumber(redis.call('GET', rate) or '0') - nowUs
if pausedUs > 0 then answer.pauseMs = math.ceil(pausedUs / 1000) end

if #claimed == 0 then
  local isThrough = redis.call('ZCARD', lease) == 0 and redis.call('ZCARD', retry) == 0 and redis.call('ZCARD', suspect) == 0
  if isThrough and state == 'running' and isOpen then
    -- A run that is paused, or was not asked for chunks, would not know whether there is more.
    if want > 0 then answer.state = 'drained' end
  elseif isThrough and state ~= 'loading' and not isOpen and tonumber(redis.call('GET', cursor) or '0') >= total then
    if redis.call('BITCOUNT', done) ~= total then return lost('incomplete') end
    answer.state = 'complete'
    if redis.call('HSETNX', meta, 'completed', now) == 1 then redis.call('XADD', wake, 'MAXLEN', 1, '*', 'cause', 'complete') end
  end
  local due = math.min(firstScore(retry), firstScore(suspect), firstScore(lease)) - now
  if due < math.huge then answer.dueMs = math.max(0, math.ceil(due)) end
  local last = redis.call('XREVRANGE', wake, '+', '-', 'COUNT', 1)
  answer.wakeId = last[1] and last[1][1] or '0-0'
  if origin.kind == 'stream' then
    for _, flat in ipairs(redis.call('XINFO', 'GROUPS', source)) do
      local found = {}
      for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
      if found.name == group then answer.lastEntry = found['last-delivered-id'] end
    end
  end
end

local text = cjson.encode(answer)
redis.call('HSET', turns, worker, whole(request.number) .. ' ' .. text)
return text
