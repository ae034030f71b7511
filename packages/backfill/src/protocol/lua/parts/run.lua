--[[
  What every script of a run begins with. It answers at once where the run is not the one that the caller has opened.

  KEYS     the keys of the run in the order of keys.ts; the last one is that of a stream or a list
  ARGV[1]  a request as JSON, with the run's `epoch` and the fields that the script itself names
  Leaves   a local for each key; `request`; `nowUs` and `now`, Redis' own time in microseconds and milliseconds, the only time
           that leases, retries and tokens know; `state` and `total` of the run, and its `definition`, still as JSON;
           `whole(number)`; `lost(reason)`
  Answers  { lost = "gone" | "replaced" } where there is no such run any more
]]
local meta, cursor, lease, held, retry, suspect, rest, revive, done, empty, dead, token, count, turns, workers, items, wake, rate, source = unpack(KEYS)

local request = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local nowUs = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(nowUs / 1000)

-- Row of an item in what is left of a chunk. There is one for each id of a chunk in trouble, so it has places and no names.
local INDEX, ATTEMPTS, CRASHES, ITEM = 1, 2, 3, 4

-- A number without an exponent: Lua itself writes 14 digits.
local function whole(number)
  return string.format('%.0f', number)
end

local function lost(reason)
  return cjson.encode({ lost = reason })
end

local known = redis.call('HMGET', meta, 'epoch', 'state', 'total', 'heartbeat', 'definition')
if not known[1] then return lost('gone') end
if known[1] ~= request.epoch then return lost('replaced') end
local state, total, definition = known[2], tonumber(known[3] or ''), known[5]
