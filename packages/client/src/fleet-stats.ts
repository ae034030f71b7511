import type { BreakerState } from "@fleet/breaker";
import type { CredentialsReference, DiscoveryStats, Endpoint, Instance } from "@fleet/discovery";
import type { Health, PoolStats } from "@fleet/pool/ioredis";
import type { Replication } from "@fleet/topology";

/** One server process, at this moment. What no call has needed yet is undefined. */
export interface EndpointStats {
  readonly uid: string;
  readonly host: string;
  readonly port: number;
  /** By Redis; by the endpoint's source where Redis was not asked. */
  readonly role: Endpoint["role"];
  /** Of a replica that was asked, and of an endpoint that says it is a primary beside the primary: which server it follows, and why it is not read from. */
  readonly replication?: Replication;
  readonly leaving?: true;
  readonly zone?: string;
  /** Whether the last dial spoke TLS, or the next will; undefined where a Pod decides that and was not asked yet. */
  readonly tls: boolean | undefined;
  /** The place from which the last dial took its credentials; undefined before the first dial, and where it used none. */
  readonly credentialsFrom: string | undefined;
  /** Attempts of this fleet under way. */
  readonly inFlight: number;
  readonly health: Health | undefined;
  readonly breaker: BreakerState | undefined;
  readonly pool: PoolStats | undefined;
}

export interface InstanceStats {
  readonly name: string;
  readonly uid: string;
  readonly namespace?: string;
  readonly profile?: string;
  readonly group?: string;
  readonly state: Instance["state"];
  /** Where its credentials may be; never what they are. */
  readonly credentials?: CredentialsReference;
  readonly endpoints: readonly EndpointStats[];
}

/** The whole fleet, at this moment. */
export interface FleetStats {
  readonly instances: readonly InstanceStats[];
  readonly discovery: DiscoveryStats;
}
