import { preamble } from "./preamble.ts";
import { script, type Script } from "./script.ts";

/** A worker that has handed everything back is forgotten. ARGV: epoch; worker. */
export const leave: Script = script(
  "leave",
  `${preamble}
redis.call('HDEL', workers, ARGV[2])
redis.call('HDEL', turns, ARGV[2])
return '{}'
`,
);
