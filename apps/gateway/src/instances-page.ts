import type { FleetStats } from "@fleet/client";

/** `GET /v1/instances`: every instance with its endpoints, their health, breakers and pools, and how fresh the list is. */
export function instancesPage({ instances, discovery }: FleetStats): object {
  return { instances, discovery };
}
