import type { Condition } from "../instance/condition.ts";
import type { ResourceStats } from "../source/resource-stats.ts";

/** Where a source stands, at this moment. */
export interface SourceStats {
  readonly name: string;
  /**
   * `starting`: nothing yet. `current`: the last attempt delivered. `stale`: the last attempt failed, the last good set is
   * served. `failed`: every attempt failed so far. `closed`.
   */
  readonly state: "starting" | "current" | "stale" | "failed" | "closed";
  /** How many instances its last good set has. */
  readonly instances: number;
  /** Names of its instances that are not served, because an earlier source or instance claims their name or uid. */
  readonly conflicts: readonly string[];
  /** Milliseconds since it last handed over its set; undefined before that. */
  readonly lastSyncAgeMs: number | undefined;
  /** Code of the last failure; undefined once an attempt delivered again. */
  readonly lastError: string | undefined;
  /** How many of its instances were recognised by which convention; those without one are not counted. */
  readonly profiles: Readonly<Record<string, number>>;
  readonly conditions: readonly Condition[];
  readonly resources: readonly ResourceStats[];
}

/** What a fleet knows and how fresh it is, at this moment. */
export interface DiscoveryStats {
  /** How many instances are served, all sources together. */
  readonly instances: number;
  readonly sources: readonly SourceStats[];
}
