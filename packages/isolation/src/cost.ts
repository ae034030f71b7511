import type { Command, Cost } from "./command.ts";
import { textOf } from "./keyword.ts";

/** Known from a command's name, or from its arguments. */
type CostRule = Cost | ((command: Command) => Cost);

/** Keys or elements that one command may go through before others notice. */
const many = 1000;
/** Bytes that a write far out in a string makes the server set to zero. */
const far = 1_048_576;

const heavyIf = (isHeavy: boolean): Cost => (isHeavy ? "heavy" : "light");
const numberAt = (command: Command, index: number): number => Number(textOf(command[index] ?? ""));
const hasMoreThan = (command: Command): Cost => heavyIf(command.length > many);
const countAt =
  (index: number): CostRule =>
  (command) =>
    heavyIf(command.length > index && !(Math.abs(numberAt(command, index)) <= many));
const farAt =
  (index: number, bytesPerStep: number): CostRule =>
  (command) =>
    heavyIf(!(numberAt(command, index) * bytesPerStep < far));
/**
 * Commands that keep a single-threaded server busy for long although they are short, by COMMAND DOCS. What grows with the reply (LRANGE,
 * HGETALL) is not here: the size of the reply shows it, and most are small. Nor is what is fast for the sets that most callers have
 * (SINTER, ZUNIONSTORE): one heavy command at a time is too few for them.
 */
const rules: ReadonlyMap<string, CostRule> = new Map(
  Object.entries<CostRule>({
    LCS: "heavy",
    SORT: "heavy",
    SORT_RO: "heavy",
    KEYS: "heavy",
    FLUSHALL: "heavy",
    FLUSHDB: "heavy",
    RESTORE: "heavy",
    // The whole value where no range is named.
    BITCOUNT: (command) => heavyIf(command.length < 4),
    BITPOS: (command) => heavyIf(command.length < 5),
    BITOP: "heavy",
    SETRANGE: farAt(2, 1),
    SETBIT: farAt(2, 1 / 8),
    SRANDMEMBER: countAt(2),
    HRANDFIELD: countAt(2),
    ZRANDMEMBER: countAt(2),
    SPOP: countAt(2),
    MGET: hasMoreThan,
    DEL: hasMoreThan,
    EXISTS: hasMoreThan,
    "FT.SEARCH": "heavy",
    "FT.AGGREGATE": "heavy",
    "TS.MRANGE": "heavy",
    "TS.MREVRANGE": "heavy",
  }),
);

/** What a well-formed command may cost the server. Its keys and values do not matter, so it may be scoped or not. */
export function costOf(command: Command): Cost {
  const rule = rules.get(command[0].toUpperCase());
  return typeof rule === "function" ? rule(command) : (rule ?? "light");
}
