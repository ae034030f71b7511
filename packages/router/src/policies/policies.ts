import type { RoutingPolicy } from "../routing-policy.ts";
import { leastRequests } from "./least-requests.ts";
import { roundRobin } from "./round-robin.ts";

/** Every strategy by its name, for configurations; one that is used by two routers is made twice. */
export const policies: Readonly<Record<string, () => RoutingPolicy>> = {
  "least-requests": leastRequests,
  "round-robin": roundRobin,
};
