--[[
  Creates the run unless there is one.

  KEYS[1]  meta of the run
  ARGV[1]  JSON: `protocol`, `epoch` (a new one), `definition` (JSON in itself), `total` chunks (absent where it is not known),
           `state`
  Answers  { protocol, epoch, definition, state } of the run that is there now, each as text or false
]]
local meta, request = KEYS[1], cjson.decode(ARGV[1])
if redis.call('EXISTS', meta) == 0 then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('HSET', meta, 'protocol', request.protocol, 'epoch', request.epoch, 'definition', request.definition,
    'total', request.total and string.format('%.0f', request.total) or '', 'state', request.state, 'created', now)
end
return redis.call('HMGET', meta, 'protocol', 'epoch', 'definition', 'state')
