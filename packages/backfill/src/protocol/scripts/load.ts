import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/**
 * Stores the ids of some chunks while the run is being loaded. ARGV: epoch; first chunk; then one JSON per chunk. Without
 * any the run is whole and begins.
 */
export const load: Script = script(
  "load",
  `${preamble}
if state ~= 'loading' then return '{}' end
if #ARGV == 2 then redis.call('HSET', meta, 'state', 'running') end
for i = 3, #ARGV do redis.call('HSET', items, whole(tonumber(ARGV[2]) + i - 3), ARGV[i]) end
return '{}'
`,
);
