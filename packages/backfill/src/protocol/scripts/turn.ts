import { preamble, speak } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/** Chunks that finished whole, ARGV[12] of them: each held under the token that is told, or it does not count. */
const acknowledge = `
local group, consumer = facts.group, 'fleet:' .. ARGV[1]
local isStored, isOpen = facts.kind ~= 'range', facts.kind == 'stream' or facts.kind == 'list'
local reviving = redis.call('HLEN', revive) > 0
local fenced, finished, handedBack = {}, 0, 0

-- Every id of the chunk is written, empty or dead. Dead letters that were revived meanwhile keep it open.
local function finish(chunk)
  if isOpen then
    local stored = redis.call('HGET', items, chunk)
    if stored and group then
      for _, entry in ipairs(cjson.decode(stored)) do redis.call('XACK', source, group, entry[1]) end
    end
    redis.call('HDEL', items, chunk)
  end
  local back = reviving and redis.call('HGET', revive, chunk)
  if back then
    redis.call('HSET', rest, chunk, '{"i":' .. back .. '}')
    redis.call('HDEL', revive, chunk)
    redis.call('ZADD', retry, now, chunk)
  else
    redis.call('SETBIT', done, chunk, 1)
    redis.call('HDEL', rest, chunk)
    finished = finished + 1
  end
end

local function refuse(chunk)
  if redis.call('GETBIT', done, chunk) == 0 then fenced[#fenced + 1] = tonumber(chunk) end
end

local function bury(letters)
  for _, letter in ipairs(letters) do redis.call('HSET', dead, letter[1], now .. ' ' .. letter[2]) end
  if #letters > 0 then redis.call('HINCRBY', count, 'dead', #letters) end
end

local many = tonumber(ARGV[12])
if many > 0 then
  local chunks = {}
  for i = 1, many do chunks[i] = ARGV[12 + i] end
  local holders = redis.call('HMGET', held, unpack(chunks))
  local mine, bits = {}, {}
  for i, chunk in ipairs(chunks) do
    if holders[i] == ARGV[12 + many + i] .. ' ' .. worker then
      mine[#mine + 1] = chunk
      bits[#bits + 1] = 'SET'
      bits[#bits + 1] = 'u1'
      bits[#bits + 1] = '#' .. chunk
      bits[#bits + 1] = 1
    else
      refuse(chunk)
    end
  end
  if #mine > 0 then
    if isOpen or reviving then
      for _, chunk in ipairs(mine) do finish(chunk) end
    else
      redis.call('BITFIELD', done, unpack(bits))
      redis.call('HDEL', rest, unpack(mine))
      finished = #mine
    end
    redis.call('HDEL', held, unpack(mine))
    redis.call('ZREM', lease, unpack(mine))
  end
end
`;

/**
 * Chunks that ended otherwise, ARGV[11]: `done` with dead letters or empty ids, `later` with what is left of them, or
 * `keep`, which only notes how far its holder is.
 */
const settle = `
if ARGV[11] ~= '' then
  for _, told in ipairs(cjson.decode(ARGV[11])) do
    local chunk = whole(told.c)
    if redis.call('HGET', held, chunk) ~= told.t .. ' ' .. worker then
      refuse(chunk)
    else
      bury(told.l or {})
      for _, position in ipairs(told.e or {}) do redis.call('SETBIT', empty, whole(position), 1) end
      if told.n and told.n > 0 then redis.call('HINCRBY', count, 'retried', told.n) end
      if told.r then redis.call('HSET', rest, chunk, told.r) end
      if told.k ~= 'keep' then
        redis.call('HDEL', held, chunk)
        redis.call('ZREM', lease, chunk)
        if told.k == 'done' then
          finish(chunk)
        else
          redis.call('ZADD', told.s and suspect or retry, now + told.d, chunk)
          if told.b then handedBack = handedBack + 1 end
        end
      end
    end
  end
end
if handedBack > 0 then
  redis.call('HINCRBY', count, 'handedBack', handedBack)
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1')
end
`;

/**
 * Leases that ran out: their holder died, or is so slow that it must count as dead. After `patience` such deaths the chunk
 * is looked at one id at a time; the id that was at work alone when its process died has a crash of its own, and is given
 * up at the limit. A lease of the caller's own did not run out: it is here. It is told, since Redis may have forgotten that it gave
 * the chunk back.
 */
const reclaim = `
local crashed, own = 0, {}
for _, chunk in ipairs(redis.call('ZRANGE', lease, '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)) do
  local holder = redis.call('HGET', held, chunk) or ''
  if string.sub(holder, -#worker - 1) == ' ' .. worker then
    redis.call('ZADD', lease, 'XX', now + leaseMs, chunk)
    own[#own + 1] = { tonumber(chunk), string.match(holder, '^%d+') }
  else
    crashed = crashed + 1
    local left = cjson.decode(redis.call('HGET', rest, chunk) or '{}')
    left.c = (left.c or 0) + 1
    if left.m then
      local others = {}
      for _, item in ipairs(left.i) do
        if item[1] == left.m[1] then item[3] = item[3] + 1 end
        if item[1] == left.m[1] and item[3] >= crashLimit - patience then
          bury({ { chunk .. ':' .. whole(item[1]), cjson.encode({ item = left.m[2], reason = 'crashes', attempts = item[2], crashes = item[3] + patience }) } })
        else
          others[#others + 1] = item
        end
      end
      left.m = nil
      left.i = others
    end
    redis.call('HDEL', held, chunk)
    redis.call('ZREM', lease, chunk)
    if left.i and #left.i == 0 then
      finish(chunk)
    else
      redis.call('HSET', rest, chunk, cjson.encode(left))
      redis.call('ZADD', left.c >= patience and suspect or retry, now, chunk)
    end
  end
end
if crashed > 0 then
  redis.call('HINCRBY', count, 'crashed', crashed)
  local reports = redis.call('HGETALL', workers)
  for i = 1, #reports, 2 do
    local at = tonumber(string.match(reports[i + 1], '^%d+'))
    if now - at > 600000 then
      redis.call('HDEL', workers, reports[i])
      redis.call('HDEL', turns, reports[i])
    end
  end
end
if finished > 0 then redis.call('HINCRBY', count, 'done', finished) end
if #fenced > 0 then redis.call('HINCRBY', count, 'fenced', #fenced) end
`;

/** Takes entries of a stream or a list into the run: what is taken stands in `items` in the same instant. */
const takeIn = `
local function store(entries, taken)
  local size, at = facts.chunkSize, tonumber(redis.call('GET', cursor) or '0')
  for i = 1, #entries, size do
    local part = { unpack(entries, i, math.min(i + size - 1, #entries)) }
    local chunk, text, left = whole(at), cjson.encode(part), false
    -- Entries that others have had before: those deliveries were attempts, and two of them a reason for suspicion.
    if part[1][3] then
      local tries = { i = {} }
      for index, entry in ipairs(part) do
        tries.i[index] = { index - 1, entry[3], 0 }
        if entry[3] > 1 then tries.c = patience end
      end
      left = cjson.encode(tries)
      redis.call('HSET', rest, chunk, left)
    end
    redis.call('HSET', items, chunk, text)
    taken[#taken + 1] = { at, left, text }
    at = at + 1
  end
  redis.call('SET', cursor, whole(at))
  if #entries > 0 then redis.call('HINCRBY', count, 'taken', #entries) end
end

-- What consumers of other names have left pending. The look goes on where the last one ended.
local function adopt(most)
  local adopted, from, last = {}, redis.call('HGET', meta, 'adoptFrom') or '-', nil
  local found = redis.call('XPENDING', source, group, 'IDLE', facts.adoptAfterMs, from, '+', 100)
  for _, pending in ipairs(found) do
    if #adopted >= most then break end
    last = pending[1]
    if pending[2] ~= consumer then
      local claimed = redis.call('XCLAIM', source, group, consumer, facts.adoptAfterMs, last)
      if claimed[1] and claimed[1][2] then
        adopted[#adopted + 1] = { last, claimed[1][2], tonumber(pending[4]) }
      else
        -- The stream has forgotten it (XDEL, XTRIM): there is nothing to do for it.
        redis.call('XACK', source, group, last)
      end
    end
  end
  local isWhole = #found < 100 and #adopted < most
  redis.call('HSET', meta, 'adoptFrom', (isWhole or not last) and '-' or '(' .. last)
  redis.call('HSET', meta, 'adoptAt', isWhole and now + math.min(facts.adoptAfterMs, 10000) / 2 or now)
  return adopted
end

local function takeEntries(chunksWanted, taken)
  local most = math.min(chunksWanted * facts.chunkSize, math.max(1000, facts.chunkSize))
  if facts.kind == 'list' then
    store(redis.call(facts.side == 'left' and 'LPOP' or 'RPOP', source, most) or {}, taken)
    return
  end
  if now >= tonumber(redis.call('HGET', meta, 'adoptAt') or '0') then
    local adopted = adopt(most)
    store(adopted, taken)
    most = most - #adopted
  end
  if most > 0 then
    local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', source, '>')
    if read and read[1] then store(read[1][2], taken) end
  end
end
`;

const claim = `
local taken, chunks, first, fresh = {}, {}, 0, 0
if state == 'running' then
  local waiting = {}
  if tonumber(ARGV[8]) == 1 then
    waiting = redis.call('ZRANGE', suspect, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)
    if #waiting > 0 then redis.call('ZREM', suspect, waiting[1]) end
  end
  if want > 0 then
    local due = redis.call('ZRANGE', retry, '-inf', now, 'BYSCORE', 'LIMIT', 0, want)
    if #due > 0 then redis.call('ZREM', retry, unpack(due)) end
    for _, chunk in ipairs(due) do waiting[#waiting + 1] = chunk end
    want = want - #due
  end
  for _, chunk in ipairs(waiting) do
    chunks[#chunks + 1] = chunk
    taken[#taken + 1] = { tonumber(chunk), redis.call('HGET', rest, chunk), isStored and redis.call('HGET', items, chunk) }
  end
  if want > 0 and isOpen then
    local before = #taken
    takeEntries(want, taken)
    for i = before + 1, #taken do chunks[#chunks + 1] = whole(taken[i][1]) end
  elseif want > 0 then
    first = tonumber(redis.call('GET', cursor) or '0')
    fresh = math.max(0, math.min(want, total - first))
    if fresh > 0 then redis.call('INCRBY', cursor, fresh) end
    for i = 0, fresh - 1 do
      local chunk = whole(first + i)
      chunks[#chunks + 1] = chunk
      if isStored then taken[#taken + 1] = { first + i, false, redis.call('HGET', items, chunk) } end
    end
  end
end

local answer = { n = whole(nowUs), s = state }
if #chunks > 0 then
  -- By the clock, so that it never goes back, not even when Redis has forgotten what it did last; by the counter, so
  -- that no two claims of the same microsecond share one.
  local issued = whole(math.max(nowUs, tonumber(redis.call('GET', token) or '0') + 1))
  redis.call('SET', token, issued)
  local leases, holders = {}, {}
  for _, chunk in ipairs(chunks) do
    leases[#leases + 1] = now + leaseMs
    leases[#leases + 1] = chunk
    holders[#holders + 1] = chunk
    holders[#holders + 1] = issued .. ' ' .. worker
  end
  redis.call('ZADD', lease, unpack(leases))
  redis.call('HSET', held, unpack(holders))
  redis.call('HINCRBY', count, 'claimed', #chunks)
  answer.t = issued
  if #taken > 0 then answer.c = taken end
  if fresh > 0 and not isStored then answer.a = { first, fresh } end
end
if #fenced > 0 then answer.f = fenced end
if #own > 0 then answer.o = own end
`;

/** Where the run stands now. Complete is what nobody has anything left to do for, and what the bitmap bears out. */
const answer = `
local function score(key)
  local one = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return one[2] and tonumber(one[2]) or math.huge
end

local paused = tonumber(redis.call('GET', rate) or '0') - nowUs
if paused > 0 then answer.p = math.ceil(paused / 1000) end

if #chunks == 0 then
  local isThrough = redis.call('ZCARD', lease) == 0 and redis.call('ZCARD', retry) == 0 and redis.call('ZCARD', suspect) == 0
  if isThrough and state == 'running' and isOpen then
    -- Paused, or not asked, it would not know whether there is more.
    if want > 0 then answer.s = 'drained' end
  elseif isThrough and state ~= 'loading' and not isOpen and tonumber(redis.call('GET', cursor) or '0') >= total then
    if redis.call('BITCOUNT', done) ~= total then return lost('incomplete') end
    answer.s = 'complete'
    if redis.call('HSETNX', meta, 'completed', now) == 1 then redis.call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1') end
  end
  local due = math.min(score(retry), score(suspect) , score(lease)) - now
  if due < math.huge then answer.w = math.max(0, math.ceil(due)) end
  local last = redis.call('XREVRANGE', wake, '+', '-', 'COUNT', 1)
  answer.k = last[1] and last[1][1] or '0-0'
  if facts.kind == 'stream' then
    for _, other in ipairs(redis.call('XINFO', 'GROUPS', source)) do
      local told = {}
      for i = 1, #other, 2 do told[other[i]] = other[i + 1] end
      if told.name == group then answer.g = told['last-delivered-id'] end
    end
  end
end

local text = cjson.encode(answer)
redis.call('HSET', turns, worker, seq .. ' ' .. text)
return text
`;

/**
 * A worker's turn to speak: what it has finished, then what it gets next, in one step.
 *
 * ARGV: epoch; worker; leaseMs; seen; maxLossMs (see `speak`); the turn's number; chunks wanted; whether a suspect is
 * wanted (0 or 1); crashLimit; deaths before a chunk is suspect; settlements as JSON or ""; how many chunks finished whole; those chunks;
 * their tokens.
 *
 * A turn is executed once: told again under the same number (its answer was lost) it gets the same answer, and one that
 * arrives after its successor (it lay in a dead connection's buffers) changes nothing.
 *
 * Answer, JSON: `n` Redis' time in microseconds; `s` state; `t` token of the claim; `c` chunks with what is left of
 * them and their items; `a` first and number of fresh chunks that need no more words; `f` chunks told under a token that
 * is not theirs any more; `o` chunks and tokens of the caller's own whose time was over; `p` milliseconds until the hub may be asked again; and where nothing was claimed: `w`
 * milliseconds until something becomes due, `k` the last wake-up, `g` the last entry of the stream that was delivered.
 */
export const turn: Script = script(
  "turn",
  `${preamble}
local facts = cjson.decode(known[5])
local seq, want, crashLimit, patience = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[9]), tonumber(ARGV[10])
local before = redis.call('HGET', turns, ARGV[2])
if before then
  local last, text = string.match(before, '^(%d+) (.*)$')
  if tonumber(last) == seq then return text end
  if tonumber(last) > seq then return cjson.encode({ n = whole(nowUs), s = 'stale' }) end
end
${speak}${acknowledge}${settle}${reclaim}${takeIn}${claim}${answer}`,
);
