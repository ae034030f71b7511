import type { Fleet } from "@fleet/client";

type Stats = Fleet["stats"];
type Health = NonNullable<Stats["instances"][number]["endpoints"][number]["health"]>;

/** A moment, by the fleet's monotonic clock and by the wall's. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const thisMoment = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() });

/** What `/v1/instances` says: the statistics of the fleet, with moments as ISO 8601, which mean something outside of this process. */
export function instancesPage({ instances, discovery }: Stats, moment: Moment): object {
  return {
    instances: instances.map((instance) => ({
      ...instance,
      endpoints: instance.endpoints.map((endpoint) => ({
        ...endpoint,
        health: endpoint.health && healthAt(endpoint.health, moment),
      })),
    })),
    discovery,
  };
}

function healthAt(health: Health, { monotonicMs, wallMs }: Moment): object {
  const at = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : new Date(wallMs - (monotonicMs - ms)).toISOString();
  return { ...health, lastCheckAt: at(health.lastCheckAt), lastSuccessAt: at(health.lastSuccessAt) };
}
