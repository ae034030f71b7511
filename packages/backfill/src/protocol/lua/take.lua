--[[
  Takes calls from the token bucket of all workers. It is the moment from which the next call is free, in microseconds of Redis'
  time: there is no window, so no burst at the edge of one.

  KEYS[1]  rate of the run
  ARGV[1]  JSON: `intervalUs` per call; `burst`, calls that may have been saved up; `slackUs` that a late caller may catch up;
           `wanted` calls
  Answers  { granted calls, microseconds until the next is free }
]]
local rate, request = KEYS[1], cjson.decode(ARGV[1])
local interval = request.intervalUs
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local free = math.max(tonumber(redis.call('GET', rate) or '0'), now - (request.burst - 1) * interval - request.slackUs)
local granted = math.max(0, math.min(request.wanted, math.floor((now - free) / interval) + 1))
if granted > 0 then
  free = free + granted * interval
  redis.call('SET', rate, string.format('%.0f', free))
end
return { granted, math.max(0, math.ceil(free - now)) }
