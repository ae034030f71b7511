/** Chunks that finished whole, ARGV[12] of them: each held under the token that is told, or it does not count. */
export const acknowledge = `
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
