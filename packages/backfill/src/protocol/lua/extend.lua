--[[
  A worker's heartbeat: prolongs all its leases, and keeps its report for `status`.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`; `worker`, `leaseMs`, `seenUs`, `maxLossMs` (parts/heartbeat); `report`, JSON in itself
  ARGV[2+] chunk and token of each lease, in turn
  Answers  JSON: `timeUs`, Redis' time; `fenced`, chunks that another worker has now
]]
--- @include parts/run
--- @include parts/heartbeat
redis.call('HSET', workers, worker, now .. ' ' .. request.report)
local chunks, fenced = {}, {}
for i = 2, #ARGV, 2 do chunks[#chunks + 1] = ARGV[i] end
if #chunks > 0 then
  for i, holder in ipairs(redis.call('HMGET', held, unpack(chunks))) do
    if holder == ARGV[2 * i + 1] .. ' ' .. worker then
      redis.call('ZADD', lease, 'XX', now + leaseMs, chunks[i])
    else
      fenced[#fenced + 1] = tonumber(chunks[i])
    end
  end
end
return cjson.encode({ timeUs = whole(nowUs), fenced = #fenced > 0 and fenced or nil })
