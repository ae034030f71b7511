import { preamble, speak } from "./preamble.ts";
import { script, type Script } from "./script.ts";
import { acknowledge } from "./turn/acknowledge.ts";
import { answer } from "./turn/answer.ts";
import { claim } from "./turn/claim.ts";
import { endings } from "./turn/endings.ts";
import { reclaim } from "./turn/reclaim.ts";
import { settle } from "./turn/settle.ts";
import { takeIn } from "./turn/take-in.ts";

/** What a turn adds to the totals of the run, once all that ended is known. */
const tally = `if finished > 0 then redis.call('HINCRBY', count, 'done', finished) end
if #fenced > 0 then redis.call('HINCRBY', count, 'fenced', #fenced) end
`;

/**
 * A worker's turn to speak: what it has finished, then what it gets next, in one step. Its parts are one text, so that a
 * part reads what those before it leave.
 *
 * ARGV: epoch; worker; leaseMs; seen; maxLossMs (see `speak`); the turn's number; chunks wanted; whether a suspect is
 * wanted (0 or 1); crashLimit; deaths before a chunk is suspect; settlements as JSON or ""; how many chunks finished
 * whole; those chunks; their tokens.
 *
 * A turn is executed once: told again under the same number (its answer was lost) it gets the same answer, and one that
 * arrives after its successor (it lay in a dead connection's buffers) changes nothing.
 *
 * Answer, JSON: `n` Redis' time in microseconds; `s` state; `t` token of the claim; `c` chunks with what is left of
 * them and their items; `a` first and number of fresh chunks that need no more words; `f` chunks told under a token that
 * is not theirs any more; `o` chunks and tokens of the caller's own whose time was over; `p` milliseconds until the hub
 * may be asked again; and where nothing was claimed: `w` milliseconds until something becomes due, `k` the last wake-up,
 * `g` the last entry of the stream that was delivered.
 */
export const turn: Script = script(
  "turn",
  `${preamble}
local facts = cjson.decode(known[5])
local seq, want, crashLimit, patience = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[9]), tonumber(ARGV[10])
local before = redis.call('HGET', turns, ARGV[2])
if before then
  local last, text = string.match(before, '^(%d+) (.*)$')
  if tonumber(last) == seq then return text end
  if tonumber(last) > seq then return cjson.encode({ n = whole(nowUs), s = 'stale' }) end
end
${speak}${endings}${acknowledge}${settle}${reclaim}${tally}${takeIn}${claim}${answer}`,
);
