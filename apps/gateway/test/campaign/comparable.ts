/** One slot of an answer to a pipeline. */
export interface Slot {
  readonly result?: unknown;
  readonly error?: string;
  readonly code?: string;
}

/** Answers by chance or by the clock, or counts the bytes of the name: compared by the shape of the reply only. */
const inexact = new Set(
  (
    "EXPIRETIME HEXPIRETIME HPEXPIRETIME HPTTL HRANDFIELD HSCAN HTTL MEMORY OBJECT PEXPIRETIME PTTL SRANDMEMBER SSCAN TTL VINFO " +
    "VLINKS VRANDMEMBER VSIM XINFO XPENDING ZRANDMEMBER ZSCAN TIME INFO"
  ).split(" "),
);

/** Answers in the order of a hash table, which each server seeds on its own. */
const unordered = new Set("HGETALL HKEYS HVALS SDIFF SINTER SMEMBERS SUNION KEYS".split(" "));

/** Tells by chance, or tells what only the same server can continue: not compared at all. */
export const byChance: ReadonlySet<string> = new Set(["SCAN", "RANDOMKEY"]);

/** What two servers of the same content must agree on. */
export function comparable(name: string, { result, error }: Slot): string {
  if (error !== undefined) return `error: ${error}`;
  const upper = name.toUpperCase();
  if (inexact.has(upper)) return Array.isArray(result) ? "array" : result === null ? "null" : typeof result;
  if (unordered.has(upper) && Array.isArray(result)) return JSON.stringify(result.map(String).toSorted());
  return JSON.stringify(result);
}
