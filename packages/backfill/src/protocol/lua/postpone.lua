--[[
  Empties the token bucket for a while: the hub has asked for a pause, and no worker gets a call before its end.

  KEYS[1]  rate of the run
  ARGV[1]  JSON: `ms` of the pause
  Answers  OK
]]
local rate, request = KEYS[1], cjson.decode(ARGV[1])
local time = redis.call('TIME')
local free = tonumber(time[1]) * 1000000 + tonumber(time[2]) + request.ms * 1000
if tonumber(redis.call('GET', rate) or '0') < free then redis.call('SET', rate, string.format('%.0f', free)) end
return 'OK'
