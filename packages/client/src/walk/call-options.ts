import type { Access, Namespace } from "@fleet/isolation";
import {
  checkOptions,
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
  /** Whose keys. @default Namespace.dedicated(): the caller owns the whole instance */
  readonly namespace?: Namespace | undefined;
  /** What text in a reply becomes. @default "utf8" */
  readonly encoding?: "utf8" | "buffer" | undefined;
}

export interface BatchOptions extends CommandOptions {
  /** As one transaction (MULTI ... EXEC). @default false */
  readonly atomic?: boolean | undefined;
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
  encoding: oneOf("utf8", "buffer"),
};

export const batchRules: Rules<BatchOptions> = { ...commandRules, atomic: flag };

export const runRules: Rules<Record<keyof RunTarget, unknown>> = {
  ...selectorRules,
  ...callRules,
  access: oneOf("read", "write"),
};

type Check = (given: object) => void;

/** These refuse what an option of a call cannot be, and an option that does not exist. @throws InvalidOptionError */
export const checkSignal: Check = checkOf(signalRules);
export const checkCommand: Check = checkOf(commandRules);
export const checkBatch: Check = checkOf(batchRules);
const checkNames = checkOf(selectorRules, "selector");
const checkTerms = checkOf(runRules);

/** @throws InvalidOptionError */
export function checkSelector(given: Selector): void {
  checkIsSelector(given);
  checkNames(given);
}

/** @throws InvalidOptionError */
export function checkRun(given: RunTarget): void {
  checkIsSelector(given);
  checkTerms(given);
}

function checkIsSelector(given: unknown): void {
  if (!isRecord(given))
    throw new InvalidOptionError("selector", '{ instance: "..." } or { group: "..." }', printed(given));
}

/** A call is given few options: looking at these alone costs less than going through the whole table. */
function checkOf(rules: Rules, path?: string): Check {
  const known = new Map(Object.entries(rules));
  return (given) => {
    let fits = typeof given === "object" && given !== null;
    for (const option in given) {
      const value = (given as Readonly<Record<string, unknown>>)[option];
      if (value !== undefined && known.get(option)?.fits(value) !== true) fits = false;
    }
    if (!fits) checkOptions(given, rules, InvalidOptionError, path);
  };
}
