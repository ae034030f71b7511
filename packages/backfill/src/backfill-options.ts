import { checkCount, checkFunction, checkMs } from "./check-option.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Connect } from "./connection.ts";
import { InvalidOptionError } from "./errors.ts";
import type { Source } from "./source.ts";

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

/** @throws InvalidOptionError. */
export function settingsOf(options: BackfillOptions): Settings {
  const { name, prefix = "bf", chunkSize, commandTimeoutMs = 3000 } = options;
  if (typeof name !== "string" || !/^[\w.:-]{1,100}$/.test(name))
    throw new InvalidOptionError("name", name, "1 to 100 letters, digits and . _ : -");
  if (typeof prefix !== "string" || !/^[\w.:-]+$/.test(prefix))
    throw new InvalidOptionError("prefix", prefix, "letters, digits and . _ : -");
  return {
    connect: checkFunction("connect", options.connect),
    name,
    source: options.source,
    chunkSize: chunkSize === undefined ? undefined : checkCount("chunkSize", chunkSize, 1, 1000),
    prefix,
    allowEviction: options.allowEviction ?? false,
    commandTimeoutMs: checkMs("commandTimeoutMs", commandTimeoutMs),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}
