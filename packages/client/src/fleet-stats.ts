import type { BreakerState } from "@fleet/breaker";
import type { DiscoveryStats, Endpoint, Instance } from "@fleet/discovery";
import type { Health, PoolStats } from "@fleet/pool/ioredis";

import type { Replication } from "./standing.ts";

/** One server process, at this moment. What no call has needed yet is undefined. */
export interface EndpointStats {
  readonly uid: string;
  readonly host: string;
  readonly port: number;
  /** By what Redis says; by its source where it was not asked. */
  readonly role: Endpoint["role"];
  /** Of a replica that was asked: whom it follows, how, and why it is not read from, where it is not. */
  readonly replication?: Replication;
  readonly leaving?: true;
  readonly zone?: string;
  /** Attempts of this fleet under way. */
  readonly inFlight: number;
  readonly health: Health | undefined;
  readonly breaker: BreakerState | undefined;
  readonly pool: PoolStats | undefined;
}

export interface InstanceStats {
  readonly name: string;
  readonly uid: string;
  readonly group?: string;
  readonly state: Instance["state"];
  readonly endpoints: readonly EndpointStats[];
}

/** The whole fleet, at this moment. */
export interface FleetStats {
  readonly instances: readonly InstanceStats[];
  readonly discovery: DiscoveryStats;
}
