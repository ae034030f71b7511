export { eventually } from "./eventually.ts";
export { FakeClock } from "./fake-clock.ts";
export { startFaultProxy } from "./fault-proxy.ts";
export { findRedis } from "./find-redis.ts";
export { seededRandom } from "./seeded-random.ts";
export { startRedis } from "./start-redis.ts";
export { startReplication } from "./start-replication.ts";

export type { EventuallyOptions } from "./eventually.ts";
export type { Direction, Fault, FaultProxy } from "./fault-proxy.ts";
export type { FindRedisOptions, FoundRedis } from "./find-redis.ts";
export type { RedisServer, StartRedisOptions } from "./start-redis.ts";
export type { Replication, StartReplicationOptions } from "./start-replication.ts";
