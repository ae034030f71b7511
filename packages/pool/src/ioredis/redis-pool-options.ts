import type { ConnectionOptions } from "node:tls";

import {
  checkOptions,
  clock,
  complete,
  count,
  func,
  ms,
  oneOf,
  record,
  required,
  type Rules,
  secret,
  text,
  withDefault,
} from "@fleet/options";
import { type Clock, systemClock } from "@fleet/time";
import type { Redis } from "ioredis";

import { InvalidOptionError } from "../errors.ts";
import { checkOrder, type ExclusiveLaneOptions, laneRules } from "../exclusive/exclusive-lane-options.ts";
import type { Flush } from "./commands/joined-writes.ts";
import type { Credentials } from "./connection/credentials.ts";
import { type SubscriberOptions, subscriberRules } from "./lanes/subscriber/subscriber-options.ts";

/** Sizes and times of the exclusive lane; the rest follows from the pool's own options. */
export type ExclusiveOptions = Pick<
  ExclusiveLaneOptions<Redis>,
  | "max"
  | "maxWaiters"
  | "acquireTimeoutMs"
  | "maxConcurrentDials"
  | "resetTimeoutMs"
  | "leaseTimeoutMs"
  | "testAfterIdleMs"
  | "idleTestIntervalMs"
  | "idleTimeoutMs"
  | "maxAgeMs"
> & {
  /**
   * How long a command on a lease may take once all before it are answered; the time it blocks by its own arguments comes
   * on top, and a later `deadline` of the acquire counts instead. Then the connection is destroyed. @default the pool's
   */
  readonly commandTimeoutMs?: number;
};

/** Of the bulk lane; the rest follows from the pool's own options. */
export interface BulkOptions {
  /**
   * Commands that are written before one of them is answered; the others wait here, first come, until their deadlines. A server answers
   * all that it has read before it sends, and before it serves others: what is written is what they wait for, and what may pile up in its
   * memory. @default 1
   */
  readonly maxUnanswered?: number;
}

export const bulkMaxUnanswered = 1;

export interface RedisPoolOptions {
  /** Names the pool in errors, channels and, with the lane, in the server's CLIENT LIST. */
  readonly name: string;
  /** A host name or an IP address. */
  readonly host: string;
  /** A TCP port, from 1 to 65535. */
  readonly port: number;
  /** Asked at each dial, so that a rotated password is used from the next connection on. @default none */
  readonly credentials?: () => Promise<Credentials | undefined>;
  /** Asked at each dial. @default no TLS */
  readonly tls?: () => Promise<ConnectionOptions | undefined> | ConnectionOptions | undefined;
  /** How long a command may take that brings no deadline of its own. @default 3000 */
  readonly commandTimeoutMs?: number;
  /** Credentials, TCP, TLS, AUTH and PING together. @default 5000 */
  readonly dialTimeoutMs?: number;
  /**
   * The shared connection is destroyed when nothing arrives for so long although replies are due and no caller waits
   * for the oldest of them any more. @default commandTimeoutMs + 1000: a server that let a whole command timeout pass and
   * then sent nothing for a second more hangs, or the network between does
   */
  readonly stallTimeoutMs?: number;
  /** Commands on the shared connection without a reply; more are refused at once. @default 10000 */
  readonly maxInFlight?: number;
  /** Their requests together, in bytes (in characters where they are text). @default 67108864 */
  readonly maxInFlightBytes?: number;
  /**
   * The longest reply that a caller gets, in bytes as it comes; over it the call fails with `FLEET_POOL_REPLY_TOO_LARGE`, as soon as a
   * length announces it, and the rest is passed over. A call may bring its own. @default 536870912: as much as Redis takes for one string
   */
  readonly maxReplyBytes?: number;
  /** The replies to one batch together, in the same way. A call may bring its own. @default 536870912 */
  readonly maxRepliesBytes?: number;
  /** Values in one reply, those inside of arrays included. @default 134217728: as many as fit into 512 MB */
  readonly maxReplyElements?: number;
  /** A connection is destroyed where more than this would have to be passed over of one reply. @default 67108864 */
  readonly maxSkippedBytes?: number;
  /** When joined writes leave: at the end of the tick, or of the poll phase (for servers with many sockets). @default "tick" */
  readonly flush?: Flush;
  /** The time between two checks of the endpoint's health. @default 30000 */
  readonly healthCheckIntervalMs?: number;
  /** The first delay before a new dial; each failure doubles it, and the delay is random between 0 and that. @default 8 */
  readonly reconnectMinDelayMs?: number;
  /** Where the doubling ends. @default 5000 */
  readonly reconnectMaxDelayMs?: number;
  /** Of the bulk lane. @default that of `BulkOptions` */
  readonly bulk?: BulkOptions;
  /** Sizes and times of the exclusive lane. @default those of `ExclusiveLane` */
  readonly exclusive?: ExclusiveOptions;
  /** Sizes and times of the subscriber lane. @default those of `SubscriberOptions` */
  readonly subscriber?: SubscriberOptions;
  /** Monotonic milliseconds and timers. @default performance.now and the global timers */
  readonly clock?: Clock;
  /** From 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** The options with every default filled in. */
export type RedisPoolSettings = Required<Omit<RedisPoolOptions, "credentials" | "tls">> &
  Pick<RedisPoolOptions, "credentials" | "tls">;

const exclusiveRules: Rules<ExclusiveOptions> = { ...laneRules, commandTimeoutMs: ms() };

const bulkRules: Rules<BulkOptions> = { maxUnanswered: withDefault(bulkMaxUnanswered, count(1)) };

export const redisPoolRules: Rules<RedisPoolOptions> = {
  name: required(text),
  host: required(text),
  port: required(count(1, 65_535)),
  credentials: secret(func),
  tls: secret(func),
  commandTimeoutMs: withDefault(3000, ms()),
  dialTimeoutMs: withDefault(5000, ms()),
  stallTimeoutMs: ms(),
  maxInFlight: withDefault(10_000, count(1)),
  maxInFlightBytes: withDefault(67_108_864, count(1)),
  maxReplyBytes: withDefault(536_870_912, count(1)),
  maxRepliesBytes: withDefault(536_870_912, count(1)),
  maxReplyElements: withDefault(134_217_728, count(1)),
  maxSkippedBytes: withDefault(67_108_864, count(0)),
  flush: withDefault("tick", oneOf("tick", "poll")),
  healthCheckIntervalMs: withDefault(30_000, ms()),
  reconnectMinDelayMs: withDefault(8, ms()),
  reconnectMaxDelayMs: withDefault(5000, ms()),
  bulk: withDefault({}, record(bulkRules)),
  exclusive: withDefault({}, record(exclusiveRules)),
  subscriber: withDefault({}, record(subscriberRules)),
  clock: withDefault(systemClock, clock),
  random: withDefault(Math.random, func),
};

/** @throws InvalidOptionError */
export function settingsOf(options: RedisPoolOptions): RedisPoolSettings {
  checkOptions(options, redisPoolRules, InvalidOptionError);
  const settings = complete<RedisPoolOptions, "credentials" | "tls" | "stallTimeoutMs">(
    options,
    redisPoolRules,
  );
  checkOrder("reconnectMaxDelayMs", settings.reconnectMaxDelayMs, settings.reconnectMinDelayMs);
  return { ...settings, stallTimeoutMs: settings.stallTimeoutMs ?? settings.commandTimeoutMs + 1000 };
}
