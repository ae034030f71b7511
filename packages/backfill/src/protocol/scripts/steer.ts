import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/** Pauses the run or lets it go on. ARGV: epoch; `paused` or `running`. A run that is being loaded stays as it is. */
export const steer: Script = script(
  "steer",
  `${preamble}
if state ~= 'loading' then
  redis.call('HSET', meta, 'state', ARGV[2])
  redis.call('XADD', wake, 'MAXLEN', 1, '*', 'w', '1')
end
return '{}'
`,
);
