import type { Discovery } from "@fleet/discovery";

import type { EndpointTarget } from "./endpoint-target.ts";
import type { EndpointStats, FleetStats } from "./fleet-stats.ts";
import type { Targets } from "./targets.ts";

export function statsOf(discovery: Discovery, targets: Targets): FleetStats {
  const instances = [...discovery.instances.values()].map((instance) => {
    const { name, uid, group, state } = instance;
    const endpoints = targets.of(instance).map(endpointStats);
    return { name, uid, ...(group !== undefined && { group }), state, endpoints };
  });
  return { instances, discovery: discovery.stats };
}

function endpointStats(target: EndpointTarget): EndpointStats {
  const { uid, host, port, zone } = target.endpoint;
  const pool = target.openPool;
  return {
    uid,
    host,
    port,
    role: target.role,
    ...(target.replication !== undefined && { replication: target.replication }),
    ...(target.leaving && { leaving: true as const }),
    ...(zone !== undefined && { zone }),
    inFlight: target.inFlight,
    health: pool?.health,
    breaker: target.openBreaker?.state,
    pool: pool?.stats,
  };
}
