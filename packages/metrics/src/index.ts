export { observe } from "./observe.ts";

export type {
  EndpointStatsLike,
  FleetStatsLike,
  LaneStatsLike,
  PoolStatsLike,
  ResourceStatsLike,
} from "./roster/fleet-stats-like.ts";
export type { Observation, ObserveOptions } from "./observe.ts";
