export { WrongLaneError } from "../errors.ts";
export { classify } from "./classify.ts";
export { LateConnection } from "./late-connection.ts";
export { RedisPool } from "./redis-pool.ts";
export { SharedLane } from "./shared-lane.ts";

export type { AcquireEvent, ConnectionEvent, HealthEvent } from "../channels.ts";
export type { Classification } from "./classify.ts";
export type { Credentials, Dialed } from "./dial.ts";
export type { Health } from "./health.ts";
export type { Flush } from "./joined-writes.ts";
export type { LateConnectionOptions } from "./late-connection.ts";
export type { ExclusiveOptions, RedisPoolOptions } from "./redis-pool-options.ts";
export type { PoolStats } from "./redis-pool.ts";
export type { BatchReply, Command, Reply } from "./reply.ts";
export type {
  SendOptions,
  SharedLaneSettings,
  SharedLaneState,
  SharedLaneStats,
} from "./shared-lane-options.ts";
export type { Encoding } from "./wire-command.ts";
