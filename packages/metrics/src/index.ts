export { observe } from "./observe.ts";
export type { FleetStatsLike } from "./fleet-stats-like.ts";
export type { Observation, ObserveOptions } from "./observe.ts";
