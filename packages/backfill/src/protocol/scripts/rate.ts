import { script, type Script } from "./script.ts";

/**
 * The token bucket of all workers, as the moment from which the next call is free (in microseconds of Redis' time): no
 * window, so no burst at the edge of one.
 *
 * KEYS: rate. ARGV: microseconds per call; calls that may have been saved up; microseconds that a late caller may catch
 * up; calls wanted. Answer: calls granted, and microseconds until the next is free.
 */
export const take: Script = script(
  "take",
  `
local interval, burst, slack, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - (burst - 1) * interval - slack)
local granted = math.max(0, math.min(wanted, math.floor((now - free) / interval) + 1))
if granted > 0 then
  free = free + granted * interval
  redis.call('SET', KEYS[1], string.format('%.0f', free))
end
return { granted, math.max(0, math.ceil(free - now)) }
`,
);

/** The hub asks to be left alone: nobody gets a call before. KEYS: rate. ARGV: milliseconds. */
export const postpone: Script = script(
  "postpone",
  `
local time = redis.call('TIME')
local free = tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(ARGV[1]) * 1000
if tonumber(redis.call('GET', KEYS[1]) or '0') < free then redis.call('SET', KEYS[1], string.format('%.0f', free)) end
return 'OK'
`,
);
