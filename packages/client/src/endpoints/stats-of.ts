import type { Discovery } from "@fleet/discovery";

import type { EndpointStats, FleetStats } from "../fleet-stats.ts";
import type { Targets } from "../targets.ts";
import type { EndpointTarget } from "./endpoint-target.ts";

export function statsOf(discovery: Discovery, targets: Targets): FleetStats {
  const instances = [...discovery.instances.values()].map((instance) => {
    const { name, uid, namespace, profile, group, state, credentials, tls } = instance;
    const isCertain = tls === undefined ? false : tls.optional === true ? undefined : true;
    return {
      name,
      uid,
      ...(namespace !== undefined && { namespace }),
      ...(profile !== undefined && { profile }),
      ...(group !== undefined && { group }),
      state,
      ...(credentials !== undefined && { credentials }),
      endpoints: targets.of(instance).map((target) => endpointStats(target, isCertain)),
    };
  });
  return { instances, discovery: discovery.stats };
}

function endpointStats(target: EndpointTarget, tls: boolean | undefined): EndpointStats {
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
    tls: target.dialed.tls ?? tls,
    credentialsFrom: target.dialed.place,
    inFlight: target.inFlight,
    health: pool?.health,
    breaker: target.openBreaker?.state,
    pool: pool?.stats,
  };
}
