import {
  checkOptions,
  clock,
  complete,
  count,
  flag,
  func,
  ms,
  object,
  required,
  type Rule,
  type Rules,
  withDefault,
} from "@fleet/options";
import { type Clock, systemClock } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";
import type { Connect } from "../redis/connection.ts";
import type { Source } from "../source.ts";

export interface BackfillOptions {
  /** Opens a connection to Redis; called for each connection that the backfill needs. */
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

type Settings = Required<Omit<BackfillOptions, "source" | "chunkSize">> &
  Pick<BackfillOptions, "source" | "chunkSize">;

/** What stands in the names of keys. */
function name(expected: string, pattern: RegExp): Rule {
  return { kind: "text", expected, fits: (value) => typeof value === "string" && pattern.test(value) };
}

export const backfillRules: Rules<BackfillOptions> = {
  connect: required(func),
  name: required(name("1 to 100 letters, digits and . _ : -", /^[\w.:-]{1,100}$/)),
  // What is in it depends on its kind, and is checked with that.
  source: object("a source of items", (value) => typeof value === "object" && value !== null),
  chunkSize: count(1, 1000),
  prefix: withDefault("bf", name("letters, digits and . _ : -", /^[\w.:-]+$/)),
  allowEviction: withDefault(false, flag),
  commandTimeoutMs: withDefault(3000, ms()),
  clock: withDefault(systemClock, clock),
  random: withDefault(Math.random, func),
};

/** @throws InvalidOptionError. */
export function settingsOf(options: BackfillOptions): Settings {
  checkOptions(options, backfillRules, InvalidOptionError);
  return complete<BackfillOptions, "source" | "chunkSize">(options, backfillRules);
}
