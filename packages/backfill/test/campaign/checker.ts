import type { HistoryLine } from "./history.ts";

/** What a round was about, what the sink has in the end, and what was seen on the way. */
export interface Evidence {
  readonly history: readonly HistoryLine[];
  readonly from: number;
  readonly to: number;
  /** Ids that the sink has. */
  readonly stored: Iterable<string>;
  /** Ids that the system says it has given up. */
  readonly dead: Iterable<string>;
  /** Ids that fail for good: only they may be given up. */
  readonly bad?: Iterable<string>;
  /** Whether tokens mean anything to the system. */
  readonly hasTokens: boolean;
}

export interface Findings {
  /** In the range, neither stored nor given up. Fatal. */
  readonly lost: readonly string[];
  /** Stored, not in the range. Fatal. */
  readonly unexpected: readonly string[];
  /** Given up. */
  readonly dead: number;
  /** Given up, and there was nothing wrong with them. Fatal. */
  readonly wronged: readonly string[];
  /** Writes of an id beyond its first. Counted, harmless where the sink is idempotent. */
  readonly duplicates: number;
  /** Where a token was handed out twice, or an id was begun under a lower token than before. Fatal. */
  readonly tokenFaults: readonly string[];
  /** The most calls to the hub within any second. */
  readonly mostPerSecond: number;
  readonly kills: number;
  /** For each id that was in flight when its worker was killed: how long until somebody else began with it, ms, sorted. */
  readonly recoveries: readonly number[];
  /** The longest time, ms, from the first fetch on, in which no id was written for the first time. */
  readonly longestSilenceMs: number;
}

/** Judges a round by what hub and sink saw, and by nothing that the system says of itself (but for what it gave up). */
export function check({ history, from, to, stored, dead, bad = [], hasTokens }: Evidence): Findings {
  const has = new Set(stored);
  const givenUp = new Set(dead);
  const isBad = new Set(bad);
  const inRange = (id: string): boolean => Number(id) >= from && Number(id) <= to;
  const expected = Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  const writes = history.filter((line) => line.kind === "write");
  const written = new Set(writes.flatMap(({ ids }) => ids));
  return {
    lost: expected.filter((id) => !has.has(id) && !givenUp.has(id)),
    unexpected: [...has].filter((id) => !inRange(id)),
    dead: givenUp.size,
    wronged: [...givenUp].filter((id) => !isBad.has(id)),
    duplicates: writes.reduce((sum, { ids }) => sum + ids.length, 0) - written.size,
    tokenFaults: hasTokens ? tokenFaultsOf(history) : [],
    mostPerSecond: mostPerSecondOf(history),
    kills: history.filter(({ kind }) => kind === "kill").length,
    recoveries: recoveriesOf(history).toSorted((a, b) => a - b),
    longestSilenceMs: longestSilenceOf(history),
  };
}

function longestSilenceOf(history: readonly HistoryLine[]): number {
  const written = new Set<string>();
  let [last, longest] = [history.find(({ kind }) => kind === "fetch")?.at ?? 0, 0];
  for (const line of history) {
    if (line.kind !== "write" || line.ids.every((id) => written.has(id))) continue;
    for (const id of line.ids) written.add(id);
    longest = Math.max(longest, line.at - last);
    last = line.at;
  }
  return longest;
}

function tokenFaultsOf(history: readonly HistoryLine[]): readonly string[] {
  const faults: string[] = [];
  const claimedBy = new Map<number, number>();
  const newest = new Map<string, number>();
  const begun = new Set<string>();
  for (const line of history) {
    if (line.kind === "claim") {
      const other = claimedBy.get(line.token);
      if (other !== undefined) faults.push(`token ${line.token} was given to ${other} and to ${line.pid}`);
      claimedBy.set(line.token, line.pid);
    }
    if (line.kind !== "fetch" || begun.has(`${line.id}/${line.token}`)) continue;
    begun.add(`${line.id}/${line.token}`);
    const before = newest.get(line.id) ?? 0;
    if (line.token < before) faults.push(`id ${line.id} was begun under ${line.token} after ${before}`);
    newest.set(line.id, Math.max(before, line.token));
  }
  return faults;
}

function mostPerSecondOf(history: readonly HistoryLine[]): number {
  const times = history
    .flatMap((line) => (line.kind === "fetch" ? [line.sent] : []))
    .toSorted((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while (times[last]! - times[first]! >= 1000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function recoveriesOf(history: readonly HistoryLine[]): readonly number[] {
  const recoveries: number[] = [];
  /** By worker: ids that it has begun and not written. */
  const inFlight = new Map<number, Set<string>>();
  /** Id to the moment when its worker was killed. */
  const orphans = new Map<string, number>();
  for (const line of history) {
    if (line.kind === "fetch") {
      const orphanedAt = orphans.get(line.id);
      if (orphanedAt !== undefined) recoveries.push(line.at - orphanedAt);
      orphans.delete(line.id);
      const own = inFlight.get(line.pid) ?? new Set();
      inFlight.set(line.pid, own.add(line.id));
    } else if (line.kind === "write") {
      for (const id of line.ids) {
        inFlight.get(line.pid)?.delete(id);
        // Written just before the end, or by somebody else meanwhile: nothing is left to recover.
        orphans.delete(id);
      }
    } else if (line.kind === "kill") {
      for (const id of inFlight.get(line.pid) ?? []) orphans.set(id, line.at);
      inFlight.delete(line.pid);
    }
  }
  return recoveries;
}
