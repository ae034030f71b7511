import type { Facts } from "./facts.ts";

/** The keys of a run besides its source's, in the order in which scripts get them. */
const names = [
  "meta", // hash: epoch, facts, total, state, pulse, created, completed
  "cursor", // the next chunk that nobody has had
  "lease", // zset: chunk in flight, score = expiry
  "held", // hash: chunk in flight -> "token worker"
  "retry", // zset: chunk waiting, score = due time
  "suspect", // zset: the same, of chunks whose holders died again and again
  "rest", // hash: chunk -> what is left of it, where that is not all
  "revive", // hash: chunk in work -> its dead letters that get a new start
  "done", // bitmap: 1 bit per chunk
  "empty", // bitmap: 1 bit per id that had nothing to write
  "dead", // hash: "chunk:index" -> dead letter
  "token", // the last fencing token
  "count", // hash: totals since the run was created
  "turns", // hash: worker -> its last turn and the answer
  "workers", // hash: worker -> its last report
  "items", // hash: chunk -> its items, where they are not a range
  "wake", // stream of one entry: all who wait are woken by the next
  "rate", // when the hub may be asked next, microseconds
] as const;

export type Keys = Readonly<Record<(typeof names)[number], string>> & {
  /** The run's own, in the order of the scripts. */
  readonly own: readonly string[];
  /** The same and, last, the key of a stream or a list. */
  readonly all: readonly string[];
};

/**
 * All in one slot of a cluster. What is read from a stream or a list lies in that key's slot, so the run follows it: the
 * tag is the part of the key that decides, and the run's name stands behind it.
 */
export function keysOf(prefix: string, run: string, facts: Facts): Keys {
  const key = "key" in facts ? facts.key : undefined;
  const base = key === undefined ? `${prefix}:{${run}}` : `${prefix}:{${tagOf(key)}}:${run}`;
  const own = names.map((name) => `${base}:${name}`);
  const named = Object.fromEntries(names.map((name, index) => [name, own[index]!]));
  return { ...named, own, all: key === undefined ? own : [...own, key] } as unknown as Keys;
}

/** Where the source's kind and key are written down, for those who know only the run's name. */
export function pointerOf(prefix: string, run: string): string {
  return `${prefix}:{${run}}:source`;
}

/** The part of a key that decides about its slot (Redis Cluster specification, "Hash tags"). */
function tagOf(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}
