export { WrongLaneError } from "../errors.ts";
export { classify } from "./classify.ts";
export { LateConnection } from "./late-connection.ts";
export { RedisPool } from "./redis-pool.ts";
export { SharedLane } from "./shared-lane.ts";

export type { AcquireEvent, ConnectionEvent, HealthEvent } from "../channels.ts";
export type { Classification } from "./classify.ts";
export type { Health } from "./health.ts";
export type { RedisPoolOptions } from "./redis-pool-options.ts";
export type { PoolStats } from "./redis-pool.ts";
export type { BatchReply, Command, Reply } from "./reply.ts";
export type { SendOptions } from "./shared-lane-options.ts";
