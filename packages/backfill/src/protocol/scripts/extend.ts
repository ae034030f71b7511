import { preamble, speak } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/**
 * A worker's heartbeat: all its leases hold for another while, and its report is there for `status`.
 *
 * ARGV: epoch; worker; leaseMs; seen; maxLossMs; report as JSON; how many chunks; the chunks; their tokens.
 * Answer, JSON: `n` Redis' time in microseconds; `f` chunks that are another's now.
 */
export const extend: Script = script(
  "extend",
  `${preamble}${speak}
redis.call('HSET', workers, worker, now .. ' ' .. ARGV[6])
local answer, fenced, many = { n = whole(nowUs) }, {}, tonumber(ARGV[7])
if many > 0 then
  local chunks = {}
  for i = 1, many do chunks[i] = ARGV[7 + i] end
  for i, holder in ipairs(redis.call('HMGET', held, unpack(chunks))) do
    if holder == ARGV[7 + many + i] .. ' ' .. worker then
      redis.call('ZADD', lease, 'XX', now + leaseMs, chunks[i])
    else
      fenced[#fenced + 1] = tonumber(chunks[i])
    end
  end
end
if #fenced > 0 then answer.f = fenced end
return cjson.encode(answer)
`,
);
