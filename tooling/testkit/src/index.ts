export { certificates } from "./certificates.ts";
export { eventually } from "./eventually.ts";
export { FakeClock } from "./fake-clock.ts";
export { startFaultProxy } from "./fault-proxy.ts";
export { findRedis } from "./find-redis.ts";
export { redisAvailable } from "./redis-available.ts";
export { RedisError } from "./resp.ts";
export { seededRandom } from "./seeded-random.ts";
export { startCluster } from "./start-cluster.ts";
export { startRedis } from "./start-redis.ts";
export { startReplication } from "./start-replication.ts";
export { startSentinel } from "./start-sentinel.ts";

export type { Certificates } from "./certificates.ts";
export type { FaultProxy } from "./fault-proxy.ts";
export type { Fault } from "./fault.ts";
export type { FoundRedis } from "./find-redis.ts";
export type { RedisServer } from "./start-redis.ts";
