import { count, ms, type Rules, withDefault } from "@fleet/options";
import type { Clock } from "@fleet/time";

import type { LaneStats } from "../../../lane.ts";
import type { Dialed } from "../../connection/dial.ts";

/** Of the subscriber lane; the rest follows from the pool's own options. */
export interface SubscriberOptions {
  /** Subscriptions at a time; more are refused at once. @default 10000 */
  readonly maxSubscriptions?: number;
  /** Events that wait for one subscriber; one more ends its subscription. @default 1000 */
  readonly maxBufferedEvents?: number;
  /** Their channels and messages together, in bytes. @default 1048576 */
  readonly maxBufferedBytes?: number;
  /** The time between two PINGs. The connection is lost when nothing has arrived from one to the next. @default 10000 */
  readonly heartbeatMs?: number;
  /** How long the connection stays open without a subscription. @default 10000 */
  readonly idleTimeoutMs?: number;
}

const defaults = {
  maxSubscriptions: 10_000,
  maxBufferedEvents: 1000,
  maxBufferedBytes: 1_048_576,
  heartbeatMs: 10_000,
  idleTimeoutMs: 10_000,
};

export const subscriberRules: Rules<SubscriberOptions> = {
  maxSubscriptions: withDefault(defaults.maxSubscriptions, count(1)),
  maxBufferedEvents: withDefault(defaults.maxBufferedEvents, count(1)),
  maxBufferedBytes: withDefault(defaults.maxBufferedBytes, count(1)),
  heartbeatMs: withDefault(defaults.heartbeatMs, ms()),
  idleTimeoutMs: withDefault(defaults.idleTimeoutMs, ms()),
};

/** With every default filled in. */
export function subscriberSettings(options: SubscriberOptions): Required<SubscriberOptions> {
  return { ...defaults, ...options };
}

export interface SubscriberLaneSettings extends Required<SubscriberOptions> {
  readonly name: string;
  readonly lane: string;
  readonly dial: (signal: AbortSignal) => Promise<Dialed>;
  readonly reconnectMinDelayMs: number;
  readonly reconnectMaxDelayMs: number;
  readonly maxReplyBytes: number;
  readonly maxReplyElements: number;
  readonly maxSkippedBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Names of channels, patterns of such names (PSUBSCRIBE), or channels of one slot of a cluster (SSUBSCRIBE, from Redis 7 on). */
export type SubscriptionKind = "channel" | "pattern" | "shard";

export interface SubscribeOptions {
  /** What the names are. @default "channel" */
  readonly kind?: SubscriptionKind | undefined;
  /** Ends the subscription with its reason. @default none */
  readonly signal?: AbortSignal | undefined;
}

export interface SubscriberLaneStats extends LaneStats {
  readonly subscriptions: number;
  /** Channels, patterns and shard channels that the server is asked for: each once, however many subscribe to it. */
  readonly names: number;
  /** That arrived from the server. */
  readonly messages: number;
  /** Subscriptions that were ended because they were too slow. */
  readonly slow: number;
}
