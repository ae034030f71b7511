/**
 * What the scripts of a run begin with. KEYS come in the order of `allKeys`, the first of ARGV is the epoch.
 *
 * `nowUs` and `now` are Redis' own time, the only one that leases, retries and tokens know. `lost(why)` is the answer to
 * a caller whose run is not here any more.
 */
export const preamble = `
local meta, cursor, lease, held, retry, suspect, rest, revive, done, empty, dead, token, count, turns, workers, items, wake, rate, source = unpack(KEYS)

local time = redis.call('TIME')
local nowUs = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(nowUs / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

local function lost(why)
  return cjson.encode({ lost = why })
end

local known = redis.call('HMGET', meta, 'epoch', 'state', 'total', 'pulse', 'facts')
if not known[1] then return lost('gone') end
if known[1] ~= ARGV[1] then return lost('replaced') end
local state = known[2]
local total = tonumber(known[3] or '')
`;

/**
 * What a worker's scripts do next. ARGV: worker, leaseMs, the newest Redis time (microseconds) that this worker has been
 * told, and how many milliseconds of it Redis may have forgotten.
 *
 * `pulse` is when any worker last spoke. If it is far older than what this worker remembers, an old copy was restored.
 * If nobody has spoken for a whole lease, Redis itself was away (or all workers were), and a lease that ran out
 * meanwhile says nothing about its holder: everybody gets another half to speak up.
 */
export const speak = `
local worker, leaseMs, seen, maxLossMs = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local pulse = tonumber(known[4] or '0')
if seen - pulse > maxLossMs * 1000 then return lost('rewound') end
if pulse > 0 and nowUs - pulse > leaseMs * 1000 then
  for _, chunk in ipairs(redis.call('ZRANGE', lease, '-inf', now, 'BYSCORE')) do
    redis.call('ZADD', lease, 'XX', now + leaseMs / 2, chunk)
  end
end
redis.call('HSET', meta, 'pulse', whole(math.max(pulse, nowUs)))
`;
