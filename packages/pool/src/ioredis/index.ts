export { WrongLaneError } from "../errors.ts";
export { classify } from "./commands/classify.ts";
export { LateConnection } from "./connection/late-connection.ts";
export { RedisPool } from "./redis-pool.ts";
export { redisPoolRules } from "./redis-pool-options.ts";
export { encodeReply } from "./resp/encode-reply.ts";
export { decodeReply } from "./resp/reply.ts";
export type { SubscriberLane } from "./lanes/subscriber/subscriber-lane.ts";
export { SharedLane } from "./lanes/shared/shared-lane.ts";

export type { Rules } from "@fleet/options";
export type { AcquireEvent, ConnectionEvent, HealthEvent } from "../channels.ts";
export type { Classification } from "./commands/classify.ts";
export type { Credentials } from "./connection/credentials.ts";
export type { Dialed } from "./connection/dial.ts";
export type { Health } from "./health.ts";
export type { Flush } from "./commands/joined-writes.ts";
export type { LateConnectionOptions } from "./connection/late-connection.ts";
export type { BulkOptions, ExclusiveOptions, RedisPoolOptions } from "./redis-pool-options.ts";
export type { PoolStats } from "./redis-pool.ts";
export type { Lanes, UserLanes } from "./lanes/lanes.ts";
export type { Command } from "./commands/command.ts";
export type { BatchReply, Encoding, Reply, UnsentError } from "./resp/reply.ts";
export type {
  BatchOptions,
  SendOptions,
  SharedLaneSettings,
  SharedLaneState,
  SharedLaneStats,
} from "./lanes/shared/shared-lane-options.ts";
export type {
  SubscribeOptions,
  SubscriberLaneStats,
  SubscriberOptions,
  SubscriptionKind,
} from "./lanes/subscriber/subscriber-options.ts";
export type { Subscription, SubscriptionEvent } from "./lanes/subscriber/subscription.ts";
