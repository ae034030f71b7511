/**
 * Chunks that ended otherwise, ARGV[11]: `done` with dead letters or empty ids, `later` with what is left of them, or
 * `keep`, which only notes how far its holder is. Chunks that are handed back wake the workers that wait.
 */
export const settle = `
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
