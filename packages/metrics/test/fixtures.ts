import { channel } from "node:diagnostics_channel";

import type { TransitionEvent } from "@fleet/breaker";
import type { CommandEvent, RoleEvent } from "@fleet/client";
import type {
  DiscoveryConditionEvent,
  DiscoveryErrorEvent,
  DiscoveryReflectorEvent,
  InstanceChange,
} from "@fleet/discovery";
import type { AcquireEvent, ConnectionEvent } from "@fleet/pool/ioredis";
import type { PickEvent } from "@fleet/router";

import type { FleetStatsLike } from "../src/index.ts";
import type { Messages } from "../src/roster/messages.ts";

/** What each channel carries, by the package that publishes it. */
export interface Published {
  readonly "fleet:client:command": CommandEvent;
  readonly "fleet:client:role": RoleEvent;
  readonly "fleet:router:pick": PickEvent;
  readonly "fleet:breaker:state": TransitionEvent;
  readonly "fleet:pool:connection": ConnectionEvent;
  readonly "fleet:pool:acquire": AcquireEvent;
  readonly "fleet:discovery:change": InstanceChange;
  readonly "fleet:discovery:condition": DiscoveryConditionEvent;
  readonly "fleet:discovery:error": DiscoveryErrorEvent;
  readonly "fleet:discovery:reflector": DiscoveryReflectorEvent;
}

/** A message of every channel, to the last field. */
export const fixtures = {
  "fleet:client:command": {
    instance: "orders",
    endpoint: "10.0.0.1:6379",
    command: "GET",
    access: "read",
    durationMs: 0.4,
    attempts: 1,
    outcome: "ok",
  },
  "fleet:client:role": {
    event: "changed",
    instance: "orders",
    endpoint: "10.0.0.1:6379",
    role: "primary",
    previous: "replica",
  },
  "fleet:router:pick": {
    access: "read",
    policy: "leastRequests",
    requested: { instance: "orders" },
    candidates: 2,
    outcome: "picked",
    instance: "orders",
    target: "orders/orders/10.0.0.1:6379",
    reason: "policy",
    rank: 0,
  },
  "fleet:breaker:state": {
    name: "orders/10.0.0.1:6379",
    from: "closed",
    to: "open",
    cause: "consecutive-failures",
  },
  "fleet:pool:connection": { name: "orders/10.0.0.1:6379", lane: "shared", event: "open" },
  "fleet:pool:acquire": { name: "orders/10.0.0.1:6379", lane: "exclusive", waitedMs: 12, outcome: "miss" },
  "fleet:discovery:change": {
    type: "added",
    instance: {
      name: "orders",
      uid: "orders",
      endpoints: [{ uid: "orders/10.0.0.1:6379", host: "10.0.0.1", port: 6379, role: "unknown" }],
      labels: {},
      state: "ready",
      reads: "primary",
    },
  },
  "fleet:discovery:condition": {
    source: "kubernetes",
    type: "raised",
    condition: { reason: "NoPort", object: "Service shop/orders", message: "it has no port" },
  },
  "fleet:discovery:error": {
    code: "FLEET_DISCOVERY_INVALID_FILE",
    source: "file:fleet.yaml",
    error: new Error("line 1"),
  },
  "fleet:discovery:reflector": {
    source: "kubernetes",
    resource: "services",
    event: "restarted",
    reason: "timeout",
  },
} as const satisfies Published;

/** Publishes a fixture, or what differs from it. */
export function tell<C extends keyof typeof fixtures>(name: C, change: Partial<Messages[C]> = {}): void {
  channel(name).publish({ ...fixtures[name], ...change });
}

type EndpointStats = FleetStatsLike["instances"][number]["endpoints"][number];

/** An endpoint in full use. */
export function endpoint(change: Partial<EndpointStats> = {}): EndpointStats {
  return {
    host: "10.0.0.1",
    port: 6379,
    health: { status: "healthy", latencyMs: 0.25 },
    breaker: { name: "closed" },
    pool: {
      shared: { dials: 1, inFlight: 3, waiting: 1 },
      exclusive: { dials: 4, leased: 2, idle: 1, waiting: 5, max: 25 },
    },
    ...change,
  };
}

/** A fleet of one instance. */
export function fleet(endpoints: readonly EndpointStats[] = [endpoint()], name = "orders"): FleetStatsLike {
  return {
    instances: [{ name, state: "ready", endpoints }],
    discovery: {
      sources: [
        {
          name: "static",
          state: "current",
          instances: 1,
          conflicts: [],
          lastSyncAgeMs: 1_500,
          profiles: {},
          conditions: [],
          resources: [],
        },
      ],
    },
  };
}
