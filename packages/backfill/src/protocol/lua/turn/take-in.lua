--[[
  Takes entries of a stream or a list into the run: what is taken stands in `items` in the same instant.

  Needs    parts/run, turn/endings, turn/reclaim, `origin`
  Leaves   `takeEntries(chunksWanted, taken)`, which adds to the chunks in `taken`
]]

-- Places of an entry of a stream, as XREADGROUP answers it, and how often an adopted one had been delivered.
local ENTRY_ID, ENTRY_DELIVERIES = 1, 3

local function store(entries, taken)
  local size, at = origin.chunkSize, tonumber(redis.call('GET', cursor) or '0')
  for i = 1, #entries, size do
    local part = { unpack(entries, i, math.min(i + size - 1, #entries)) }
    local chunk, text, remainder = whole(at), cjson.encode(part), nil
    -- Entries that were delivered before: those deliveries were attempts, and two of them a reason for suspicion.
    if part[1][ENTRY_DELIVERIES] then
      local left = { items = {} }
      for index, entry in ipairs(part) do
        left.items[index] = { index - 1, entry[ENTRY_DELIVERIES], 0 }
        if entry[ENTRY_DELIVERIES] > 1 then left.crashes = suspectAfter end
      end
      remainder = cjson.encode(left)
      redis.call('HSET', rest, chunk, remainder)
    end
    redis.call('HSET', items, chunk, text)
    taken[#taken + 1] = { number = at, remainder = remainder, items = text }
    at = at + 1
  end
  redis.call('SET', cursor, whole(at))
  if #entries > 0 then redis.call('HINCRBY', count, 'taken', #entries) end
end

-- What consumers of other names have left pending. The search goes on where the last one ended.
local function adopt(most)
  local adopted, from, last = {}, redis.call('HGET', meta, 'adoptFrom') or '-', nil
  local found = redis.call('XPENDING', source, group, 'IDLE', origin.adoptAfterMs, from, '+', 100)
  for _, pending in ipairs(found) do
    if #adopted >= most then break end
    local owner, deliveries = pending[2], tonumber(pending[4])
    last = pending[1]
    if owner ~= consumer then
      local claimed = redis.call('XCLAIM', source, group, consumer, origin.adoptAfterMs, last)
      if claimed[1] and claimed[1][2] then
        adopted[#adopted + 1] = { last, claimed[1][2], deliveries }
      else
        -- The stream has forgotten it (XDEL, XTRIM): there is nothing to do for it.
        redis.call('XACK', source, group, last)
      end
    end
  end
  local isWhole = #found < 100 and #adopted < most
  redis.call('HSET', meta, 'adoptFrom', (isWhole or not last) and '-' or '(' .. last)
  redis.call('HSET', meta, 'adoptAt', isWhole and now + math.min(origin.adoptAfterMs, 10000) / 2 or now)
  return adopted
end

local function takeEntries(chunksWanted, taken)
  local most = math.min(chunksWanted * origin.chunkSize, math.max(1000, origin.chunkSize))
  if origin.kind == 'list' then
    store(redis.call(origin.side == 'left' and 'LPOP' or 'RPOP', source, most) or {}, taken)
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
