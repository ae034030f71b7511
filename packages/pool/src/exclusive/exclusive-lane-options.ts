import {
  checkOptions,
  clock,
  count,
  func,
  hasMethods,
  ms,
  printed,
  required,
  type Rules,
  text,
} from "../check-options.ts";
import { type Clock, systemClock } from "../clock.ts";
import { InvalidOptionError } from "../errors.ts";
import type { Loan } from "./lease.ts";

/** How connections are made and cleaned: all that the lane knows about what it lends. */
export interface Factory<T> {
  /** @throws with the signal's reason when it is aborted: the lane gave the dial up. */
  create(options: { readonly signal: AbortSignal }): Promise<T>;
  /** Closes it at once; `why` is what calls that are under way on it fail with. Must not throw. */
  destroy(connection: T, why?: Error): void;
  /** Calls `closed` when the connection dies by itself. */
  watch(connection: T, closed: (cause?: Error) => void): void;
  /** Makes it as good as new for the next caller; false when it must be destroyed instead. */
  reset(connection: T, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Whether an idle connection still works. @default idle connections are not tested */
  test?(connection: T, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /**
   * What a lease hands out, so that a reference that is kept does not reach the connection any more when the lease has ended.
   * `deadline` is the one its acquire came with, in milliseconds of the lane's clock. @default the connection itself
   */
  lend?(connection: T, options: { readonly deadline: number | undefined }): Loan<T>;
}

export interface ExclusiveLaneOptions<T> {
  /** Names the pool in errors and channels. */
  readonly name: string;
  /** Names the lane in channels and stats. @default "exclusive" */
  readonly lane?: string;
  readonly factory: Factory<T>;
  /** Connections at most, whether idle, leased, dialed or being reset. @default 8 */
  readonly max?: number;
  /** Callers that may wait for others to give back; more are refused at once. @default 1000 */
  readonly maxWaiters?: number;
  /** How long a caller waits who brings no deadline. @default 4000 */
  readonly acquireTimeoutMs?: number;
  /** @default 2 */
  readonly maxConcurrentDials?: number;
  /** @default 5000 */
  readonly dialTimeoutMs?: number;
  /** How long cleaning on return, or testing an idle connection, may take. @default 1000 */
  readonly resetTimeoutMs?: number;
  /** A lease that is held so long loses its connection, which is destroyed. @default 300000 */
  readonly leaseTimeoutMs?: number;
  /** An idle connection that has not proved for so long that it works is tested before it is lent. @default 1000 */
  readonly testAfterIdleMs?: number;
  /** Idle connections are tested so often. @default 30000 */
  readonly idleTestIntervalMs?: number;
  /** An idle connection is closed after so long. @default 600000 */
  readonly idleTimeoutMs?: number;
  /** A connection is closed when it is so old, less up to a tenth at random, once nobody holds it. @default 300000 */
  readonly maxAgeMs?: number;
  /** The first delay after a failed dial; each failure doubles it, the delay is random between 0 and that. @default 8 */
  readonly redialMinDelayMs?: number;
  /** Where the doubling ends. @default 5000 */
  readonly redialMaxDelayMs?: number;
  /** @default performance.now and the global timers */
  readonly clock?: Clock;
  /** From 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** Those of its options that a lane has in a pool, too. */
export const laneRules: Rules<
  Omit<
    ExclusiveLaneOptions<unknown>,
    | "name"
    | "lane"
    | "factory"
    | "dialTimeoutMs"
    | "redialMinDelayMs"
    | "redialMaxDelayMs"
    | "clock"
    | "random"
  >
> = {
  max: count(1),
  maxWaiters: count(0),
  acquireTimeoutMs: ms(),
  maxConcurrentDials: count(1),
  resetTimeoutMs: ms(),
  leaseTimeoutMs: ms(),
  testAfterIdleMs: ms(),
  idleTestIntervalMs: ms(),
  idleTimeoutMs: ms(),
  maxAgeMs: ms(),
};

export const exclusiveLaneRules: Rules<ExclusiveLaneOptions<unknown>> = {
  ...laneRules,
  name: required(text),
  lane: text,
  factory: required({
    expected: "a factory with create(), destroy(), watch() and reset()",
    fits: (value) => hasMethods(value, "create", "destroy", "watch", "reset"),
  }),
  dialTimeoutMs: ms(),
  redialMinDelayMs: ms(),
  redialMaxDelayMs: ms(),
  clock,
  random: func,
};

/** @throws InvalidOptionError */
export function settingsOf<T>(options: ExclusiveLaneOptions<T>): Required<ExclusiveLaneOptions<T>> {
  checkOptions(options, exclusiveLaneRules);
  const { redialMinDelayMs = 8, redialMaxDelayMs = 5000 } = options;
  checkOrder("redialMaxDelayMs", redialMaxDelayMs, redialMinDelayMs);
  return {
    name: options.name,
    lane: options.lane ?? "exclusive",
    factory: options.factory,
    max: options.max ?? 8,
    maxWaiters: options.maxWaiters ?? 1000,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 4000,
    maxConcurrentDials: options.maxConcurrentDials ?? 2,
    dialTimeoutMs: options.dialTimeoutMs ?? 5000,
    resetTimeoutMs: options.resetTimeoutMs ?? 1000,
    leaseTimeoutMs: options.leaseTimeoutMs ?? 300_000,
    testAfterIdleMs: options.testAfterIdleMs ?? 1000,
    idleTestIntervalMs: options.idleTestIntervalMs ?? 30_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 600_000,
    maxAgeMs: options.maxAgeMs ?? 300_000,
    redialMinDelayMs,
    redialMaxDelayMs,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** The end of a backoff is not before its beginning. */
export function checkOrder(option: string, most: number, least: number): void {
  if (most < least)
    throw new InvalidOptionError(option, `milliseconds from ${least} to 2147483647`, printed(most));
}
