import { script, type Script } from "./script.ts";

/**
 * Creates the run unless there is one. KEYS: meta. ARGV: a new epoch, facts as JSON, total chunks or "", state.
 * Answer: what is there now: epoch, facts, state, and 1 when it is new.
 */
export const create: Script = script(
  "create",
  `
local meta, created = KEYS[1], 0
if redis.call('EXISTS', meta) == 0 then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('HSET', meta, 'epoch', ARGV[1], 'facts', ARGV[2], 'total', ARGV[3], 'state', ARGV[4], 'created', now)
  created = 1
end
local there = redis.call('HMGET', meta, 'epoch', 'facts', 'state')
return { there[1], there[2], there[3], created }
`,
);
