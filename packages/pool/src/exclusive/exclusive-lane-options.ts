import {
  checkOption,
  checkOptions,
  clock,
  complete,
  count,
  func,
  hasMethods,
  ms,
  object,
  required,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";
import { type Clock, systemClock } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";
import type { Loan } from "./lease.ts";

/** How connections are made and cleaned: all that the lane knows about what it lends. */
export interface Factory<T> {
  /** Opens a connection. @throws the signal's reason once it aborts: the lane has given the dial up. */
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
  /** Opens, cleans, tests and destroys connections. */
  readonly factory: Factory<T>;
  /** Connections at most, whether idle, leased, dialed or being reset. @default 8 */
  readonly max?: number;
  /** Callers that may wait for others to give back; more are refused at once. @default 1000 */
  readonly maxWaiters?: number;
  /** How long a caller waits that brings no deadline. @default 4000 */
  readonly acquireTimeoutMs?: number;
  /** Dials at a time. @default 2 */
  readonly maxConcurrentDials?: number;
  /** How long one dial may take. @default 5000 */
  readonly dialTimeoutMs?: number;
  /** How long cleaning on return, or testing an idle connection, may take. @default 1000 */
  readonly resetTimeoutMs?: number;
  /** How long a lease may be held; then its connection is destroyed. @default 300000 */
  readonly leaseTimeoutMs?: number;
  /** An idle connection that has not proved for so long that it works is tested before it is lent. @default 1000 */
  readonly testAfterIdleMs?: number;
  /** Idle connections are tested so often. @default 30000 */
  readonly idleTestIntervalMs?: number;
  /** An idle connection is closed after so long. @default 600000 */
  readonly idleTimeoutMs?: number;
  /** A connection is closed when it is so old, less up to a tenth at random; never under a lease. @default 300000 */
  readonly maxAgeMs?: number;
  /** The first delay after a failed dial; each failure doubles it, the delay is random between 0 and that. @default 8 */
  readonly redialMinDelayMs?: number;
  /** Where the doubling ends. @default 5000 */
  readonly redialMaxDelayMs?: number;
  /** Monotonic milliseconds and timers. @default performance.now and the global timers */
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
  max: withDefault(8, count(1)),
  maxWaiters: withDefault(1000, count(0)),
  acquireTimeoutMs: withDefault(4000, ms()),
  maxConcurrentDials: withDefault(2, count(1)),
  resetTimeoutMs: withDefault(1000, ms()),
  leaseTimeoutMs: withDefault(300_000, ms()),
  testAfterIdleMs: withDefault(1000, ms()),
  idleTestIntervalMs: withDefault(30_000, ms()),
  idleTimeoutMs: withDefault(600_000, ms()),
  maxAgeMs: withDefault(300_000, ms()),
};

export const exclusiveLaneRules: Rules<ExclusiveLaneOptions<unknown>> = {
  ...laneRules,
  name: required(text),
  lane: withDefault("exclusive", text),
  factory: required(
    object("a factory with create(), destroy(), watch() and reset()", (value) =>
      hasMethods(value, "create", "destroy", "watch", "reset"),
    ),
  ),
  dialTimeoutMs: withDefault(5000, ms()),
  redialMinDelayMs: withDefault(8, ms()),
  redialMaxDelayMs: withDefault(5000, ms()),
  clock: withDefault(systemClock, clock),
  random: withDefault(Math.random, func),
};

/** @throws InvalidOptionError */
export function settingsOf<T>(options: ExclusiveLaneOptions<T>): Required<ExclusiveLaneOptions<T>> {
  checkOptions(options, exclusiveLaneRules, InvalidOptionError);
  const settings = complete(options, exclusiveLaneRules as Rules<ExclusiveLaneOptions<T>>);
  checkOrder("redialMaxDelayMs", settings.redialMaxDelayMs, settings.redialMinDelayMs);
  return settings;
}

/** The end of a backoff is not before its beginning. */
export function checkOrder(option: string, most: number, least: number): void {
  checkOption(option, most, ms(least), InvalidOptionError);
}
