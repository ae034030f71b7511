--[[
  Stores the ids of some chunks while the run is being loaded.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`; `first`, the number of the first chunk; `isLast`, after which the run begins
  ARGV[2+] the ids of one chunk as JSON, chunk after chunk
  Answers  {}
]]
--- @include parts/run
if state ~= 'loading' then return '{}' end
for i = 2, #ARGV do redis.call('HSET', items, whole(request.first + i - 2), ARGV[i]) end
if request.isLast then redis.call('HSET', meta, 'state', 'running') end
return '{}'
