--[[
  What every script of a worker does next: it notes the time of this call as the heartbeat, and looks whether Redis has lost data.

  `heartbeat` is when any worker last called. If it is far older than what this worker remembers, an old copy was restored. If
  no worker called for a whole lease, Redis itself was away (or all workers were), and a lease that ran out meanwhile says
  nothing about its holder: each holder gets another half of a lease.

  Needs    parts/run
  ARGV[1]  `worker`; `leaseMs`; `seenUs`, the newest Redis time that this worker knows; `maxLossMs` that Redis may have forgotten
  Leaves   `worker`, `leaseMs`
  Answers  { lost = "rewound" } where Redis holds an older state than the worker has seen
]]
local worker, leaseMs = request.worker, request.leaseMs
local heartbeat = tonumber(known[4] or '0')
if request.seenUs - heartbeat > request.maxLossMs * 1000 then return lost('rewound') end
if heartbeat > 0 and nowUs - heartbeat > leaseMs * 1000 then
  for _, chunk in ipairs(redis.call('ZRANGE', lease, '-inf', now, 'BYSCORE')) do
    redis.call('ZADD', lease, 'XX', now + leaseMs / 2, chunk)
  end
end
redis.call('HSET', meta, 'heartbeat', whole(math.max(heartbeat, nowUs)))
