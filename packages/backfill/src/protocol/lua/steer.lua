--[[
  Pauses the run or resumes it. A run that is being loaded stays as it is.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`; `state`, "paused" or "running"
  Answers  {}
]]
--- @include parts/run
if state ~= 'loading' then
  redis.call('HSET', meta, 'state', request.state)
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'cause', 'steer')
end
return '{}'
