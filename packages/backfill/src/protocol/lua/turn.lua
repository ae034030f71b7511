--[[
  A worker's turn: it acknowledges what it has finished and claims what comes next, in one step.

  A turn is executed once. Sent again under the same number (its answer was lost) it gets the same answer, and one that arrives
  after its successor (it lay in the buffers of a dead connection) changes nothing.

  KEYS     the keys of the run (parts/run)
  ARGV[1]  JSON: `epoch`; `worker`, `leaseMs`, `seenUs`, `maxLossMs` (parts/heartbeat); `number` of the turn; `chunks` wanted;
           `isSuspectWanted`; `crashLimit`; `suspectAfter`, the crashes after which a chunk is suspect; `settlements`
           (turn/settle; absent where there are none)
  ARGV[2+] chunk and token of each chunk that is done with nothing to note about its ids, in turn
  Answers  JSON: `timeUs`, Redis' time; `state`: that of the run, "complete", "drained", or "stale" for a turn that came too late;
           `token` of the claim; `chunks`: `number`, `remainder` and `items` of each chunk that comes with one of the latter;
           `fresh`: `first` and `count` of the others; `fenced`, chunks that were reported under a token that does not hold them any
           more; `overdue`: `chunk` and `token` of the worker's own leases that had run out; `pauseMs` until the hub may be
           called again; and where nothing was claimed: `dueMs` until something becomes due, `wakeId` of the last wake-up,
           `lastEntry` of the stream that was delivered
]]
--- @include parts/run
local before = redis.call('HGET', turns, request.worker)
if before then
  local last, text = string.match(before, '^(%d+) (.*)$')
  if tonumber(last) == request.number then return text end
  if tonumber(last) > request.number then return cjson.encode({ timeUs = whole(nowUs), state = 'stale' }) end
end
local origin = cjson.decode(definition)
local want = request.chunks
--- @include parts/heartbeat
--- @include turn/endings
--- @include turn/acknowledge
--- @include turn/settle
--- @include turn/reclaim
if finished > 0 then redis.call('HINCRBY', count, 'done', finished) end
if #fenced > 0 then redis.call('HINCRBY', count, 'fenced', #fenced) end
--- @include turn/take-in
--- @include turn/claim
--- @include turn/answer
