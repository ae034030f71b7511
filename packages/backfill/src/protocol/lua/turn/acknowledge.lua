--[[
  Acknowledges the chunks that are done with nothing to note about their ids: each must be held under the token that is reported.

  Needs    parts/run, turn/endings
  ARGV[2+] chunk and token, in turn
]]
local chunks = {}
for i = 2, #ARGV, 2 do chunks[#chunks + 1] = ARGV[i] end
if #chunks > 0 then
  local holders = redis.call('HMGET', held, unpack(chunks))
  local own, bits = {}, {}
  for i, chunk in ipairs(chunks) do
    if holders[i] == ARGV[2 * i + 1] .. ' ' .. worker then
      own[#own + 1] = chunk
      bits[#bits + 1] = 'SET'
      bits[#bits + 1] = 'u1'
      bits[#bits + 1] = '#' .. chunk
      bits[#bits + 1] = 1
    else
      refuse(chunk)
    end
  end
  if #own > 0 then
    if isOpen or isReviving then
      for _, chunk in ipairs(own) do finish(chunk) end
    else
      redis.call('BITFIELD', done, unpack(bits))
      redis.call('HDEL', rest, unpack(own))
      finished = #own
    end
    redis.call('HDEL', held, unpack(own))
    redis.call('ZREM', lease, unpack(own))
  end
end
