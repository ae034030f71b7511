import { type Access, Namespace } from "@fleet/isolation";
import {
  checkOptions,
  count,
  flag,
  hasMethods,
  isRecord,
  MAX_TIMER_MS,
  number,
  object,
  oneOf,
  printed,
  type Rule,
  type Rules,
} from "@fleet/options";
import type { Encoding } from "@fleet/pool/ioredis";

import { InvalidOptionError } from "../errors.ts";

/** Exactly one of both: an instance by its name, or any instance of a group. */
export type Selector =
  | { readonly instance: string; readonly group?: never }
  | { readonly group: string; readonly instance?: never };

/** What a caller may say about one call. */
export interface CallOptions {
  /** Time for the whole call, waits and retries included, in milliseconds. @default the fleet's `timeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait; the call rejects with its reason. What was already written may still be executed. @default none */
  readonly signal?: AbortSignal | undefined;
}

export interface CommandOptions extends CallOptions {
  /** The keys that the command may name. @default Namespace.dedicated(): the caller owns the whole instance */
  readonly namespace?: Namespace | undefined;
  /**
   * What text in a reply becomes. `"wire"`: the reply is not decoded, its value is a Buffer with its bytes in RESP2; names of keys in
   * it have lost the prefix. A reply that is an error is a `ReplyError` all the same. @default "utf8"
   */
  readonly encoding?: Encoding | undefined;
  /** The longest reply that the call takes, in bytes as it comes; else `FLEET_POOL_REPLY_TOO_LARGE`. @default `pool.maxReplyBytes` */
  readonly maxReplyBytes?: number | undefined;
}

export interface BatchOptions extends CommandOptions {
  /** As one transaction (MULTI ... EXEC). @default false */
  readonly atomic?: boolean | undefined;
  /** All replies of the batch together, in bytes as they come. @default `pool.maxRepliesBytes` */
  readonly maxRepliesBytes?: number | undefined;
}

/** Where and for how long a `run()` leases its connection. */
export type RunTarget = Selector &
  CallOptions & {
    /** What the work does; `read` may be led to a replica. @default "write" */
    readonly access?: Access | undefined;
  };

const name: Rule = {
  kind: "text",
  expected: "the name of an instance or a group",
  fits: (value) => typeof value === "string",
};

const selectorRules: Rules<{ readonly instance: string; readonly group: string }> = {
  instance: name,
  group: name,
};

const signalRules: Rules<Pick<CallOptions, "signal">> = {
  signal: object(
    "an AbortSignal",
    (value) => hasMethods(value, "addEventListener") && typeof (value as AbortSignal).aborted === "boolean",
  ),
};

const callRules: Rules<CallOptions> = {
  ...signalRules,
  timeoutMs: number(
    `milliseconds from more than 0 to ${MAX_TIMER_MS}`,
    (value) => value > 0 && value <= MAX_TIMER_MS,
  ),
};

export const commandRules: Rules<CommandOptions> = {
  ...callRules,
  namespace: object("a Namespace, as Namespace.project() makes one", (value) =>
    hasMethods(value, "scope", "restoreMessage"),
  ),
  encoding: oneOf("utf8", "buffer", "wire"),
  maxReplyBytes: count(1),
};

export const batchRules: Rules<BatchOptions> = { ...commandRules, atomic: flag, maxRepliesBytes: count(1) };

export const runRules: Rules<Record<keyof RunTarget, unknown>> = {
  ...selectorRules,
  ...callRules,
  access: oneOf("read", "write"),
};

/** @throws InvalidOptionError */
export function checkSelector(given: Selector): void {
  if (isPlain(given, selectorRules)) return;
  checkIsSelector(given);
  checkOptions(given, selectorRules, InvalidOptionError, "selector");
}

/** @throws InvalidOptionError */
export function checkCommand(given: CommandOptions): void {
  if (!isPlain(given, commandRules)) checkOptions(given, commandRules, InvalidOptionError);
}

/** @throws InvalidOptionError */
export function checkBatch(given: BatchOptions): void {
  if (!isPlain(given, batchRules)) checkOptions(given, batchRules, InvalidOptionError);
}

/** @throws InvalidOptionError */
export function checkRun(given: RunTarget): void {
  if (isPlain(given, runRules)) return;
  checkIsSelector(given);
  checkOptions(given, runRules, InvalidOptionError);
}

/** @throws InvalidOptionError */
export function checkSignal(given: Pick<CallOptions, "signal">): void {
  checkOptions(given, signalRules, InvalidOptionError);
}

function checkIsSelector(given: unknown): void {
  if (!isRecord(given))
    throw new InvalidOptionError("selector", '{ instance: "..." } or { group: "..." }', printed(given));
}

// Each call is checked, and going through a table of rules costs as much as half the walk. So what the tables would accept at a
// glance is known here; what is not, the tables decide.

function isPlain(given: unknown, rules: Rules): boolean {
  if (!isRecord(given)) return false;
  for (const name in given) {
    const value = given[name];
    if (value !== undefined && (rules[name] === undefined || !isPlainValue(name, value))) return false;
  }
  return true;
}

function isPlainValue(name: string, value: unknown): boolean {
  switch (name) {
    case "instance":
    case "group":
      return typeof value === "string";
    case "namespace":
      return value instanceof Namespace;
    case "signal":
      return value instanceof AbortSignal;
    case "timeoutMs":
      return callRules.timeoutMs.fits(value);
    case "encoding":
      return value === "utf8" || value === "buffer" || value === "wire";
    case "maxReplyBytes":
    case "maxRepliesBytes":
      return Number.isSafeInteger(value) && (value as number) > 0;
    case "atomic":
      return typeof value === "boolean";
    case "access":
      return value === "read" || value === "write";
    default:
      return false;
  }
}
