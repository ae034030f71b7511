import {
  checkOptions,
  clock,
  count,
  flag,
  func,
  ms,
  required,
  type Rule,
  type Rules,
} from "../check-options.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Connect } from "../redis/connection.ts";
import type { Source } from "../source.ts";

export interface BackfillOptions {
  readonly connect: Connect;
  /** Names the run: letters, digits and `._:-`, at most 100. */
  readonly name: string;
  /** Needed to create a run. Given for one that exists, it must be the same. */
  readonly source?: Source;
  /** Ids per chunk, the unit of leases and progress; at most 1000. @default 50, or what the run was created with */
  readonly chunkSize?: number;
  /** What the keys begin with: `<prefix>:{<name>}:...`. @default "bf" */
  readonly prefix?: string;
  /** Work although Redis may evict the run's keys. @default false */
  readonly allowEviction?: boolean;
  /** How long a command may take before its connection is destroyed, in milliseconds. @default 3000 */
  readonly commandTimeoutMs?: number;
  /** Monotonic milliseconds and timers. @default the system's */
  readonly clock?: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

type Settings = Required<Omit<BackfillOptions, "source" | "chunkSize">> & {
  readonly source: Source | undefined;
  readonly chunkSize: number | undefined;
};

/** What stands in the names of keys. */
function name(expected: string, pattern: RegExp): Rule {
  return { expected, fits: (value) => typeof value === "string" && pattern.test(value) };
}

export const backfillRules: Rules<BackfillOptions> = {
  connect: required(func),
  name: required(name("1 to 100 letters, digits and . _ : -", /^[\w.:-]{1,100}$/)),
  // What is in it depends on its kind, and is checked with that.
  source: { expected: "a source of items", fits: (value) => typeof value === "object" && value !== null },
  chunkSize: count(1, 1000),
  prefix: name("letters, digits and . _ : -", /^[\w.:-]+$/),
  allowEviction: flag,
  commandTimeoutMs: ms(),
  clock,
  random: func,
};

/** @throws InvalidOptionError. */
export function settingsOf(options: BackfillOptions): Settings {
  checkOptions(options, backfillRules);
  return {
    connect: options.connect,
    name: options.name,
    source: options.source,
    chunkSize: options.chunkSize,
    prefix: options.prefix ?? "bf",
    allowEviction: options.allowEviction ?? false,
    commandTimeoutMs: options.commandTimeoutMs ?? 3000,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}
