import type { RunDefinition } from "./definition.ts";

/** The keys of a run besides its source's, in the order in which scripts get them. */
const names = [
  "meta", // hash: protocol, epoch, definition, total, state, heartbeat, created, completed, adoptFrom, adoptAt
  "cursor", // the next chunk that was not handed out yet
  "lease", // zset: chunk in flight, score = expiry
  "held", // hash: chunk in flight -> "token worker"
  "retry", // zset: chunk waiting, score = due time
  "suspect", // zset: the same, of chunks whose holders died repeatedly
  "rest", // hash: chunk -> what is left of it (`Remainder`), where that is not all
  "revive", // hash: chunk in work -> rows of its dead letters that get a new start
  "done", // bitmap: 1 bit per chunk
  "empty", // bitmap: 1 bit per id that had nothing to write
  "dead", // hash: "chunk:index" -> "time letter"
  "token", // the last fencing token
  "count", // hash: totals since the run was created
  "turns", // hash: worker -> "number answer" of its last turn
  "workers", // hash: worker -> "time report", the last
  "items", // hash: chunk -> its items, where they are not a range
  "wake", // stream of one entry: the next one wakes the workers that wait
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
export function keysOf(prefix: string, run: string, definition: RunDefinition): Keys {
  const key = "key" in definition ? definition.key : undefined;
  const base = key === undefined ? `${prefix}:{${run}}` : `${prefix}:{${tagOf(key)}}:${run}`;
  const own = names.map((name) => `${base}:${name}`);
  const named = Object.fromEntries(names.map((name, index) => [name, own[index]!]));
  return { ...named, own, all: key === undefined ? own : [...own, key] } as unknown as Keys;
}

/** Where the source's kind and key are written down, for a caller that knows only the run's name. */
export function pointerOf(prefix: string, run: string): string {
  return `${prefix}:{${run}}:source`;
}

/** The part of a key that decides about its slot (Redis Cluster specification, "Hash tags"). */
function tagOf(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}
