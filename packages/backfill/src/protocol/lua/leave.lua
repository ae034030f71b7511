--[[
  Forgets a worker that has handed everything back.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`, `worker`
  Answers  {}
]]
--- @include parts/run
redis.call('HDEL', workers, request.worker)
redis.call('HDEL', turns, request.worker)
return '{}'
