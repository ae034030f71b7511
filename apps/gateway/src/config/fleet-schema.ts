import { fleetRules, overrideRules, policies } from "@fleet/client";
import type { FleetOptions, InstanceOverrides } from "@fleet/client";
import { count, ms, objectFromRules, setting, settingsFromRules } from "@fleet/settings";
import { z } from "zod";

/** Options that only code can give, and those that the gateway makes of settings of other names. */
type Decided =
  | "acl"
  | "instances"
  | "sources"
  | "waitsForSources"
  | "addressMap"
  | "credentials"
  | "certificates"
  | "policy"
  | "overrides"
  | "clock"
  | "random";

/** The options of the fleet: all that can be written, also those that the client gets later. */
export interface FleetConfig extends Omit<
  FleetOptions,
  Decided | "timeoutMs" | "retries" | "graceMs" | "pool"
> {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly graceMs: number;
  readonly pool: NonNullable<FleetOptions["pool"]>;
  /** The name of a strategy. */
  readonly policy: string;
  /** Options of one instance, by its name. */
  readonly overrides: Readonly<Record<string, InstanceOverrides>>;
}

const except = ["acl", "instances", "sources", "waitsForSources", "overrides"];

const derived = settingsFromRules(fleetRules, {
  except,
  // Requests arrive on many sockets: what one turn of the event loop reads leaves in one write.
  defaults: {
    "pool.flush": "poll",
    // What one caller can make the gateway hold.
    "pool.maxReplyBytes": 33_554_432,
    "pool.maxRepliesBytes": 67_108_864,
    "pool.maxReplyElements": 1_000_000,
  },
  meta: {
    startTimeoutMs: {
      description:
        "how long sources are waited for once each has failed; else for ever where a server is asked",
      default: undefined,
    },
    "pool.maxInFlight": {
      description:
        "commands without a reply on one connection; else ten times the longest pipeline, at least 100000",
      default: undefined,
    },
    rolesIntervalMs: {
      description: "how often the endpoints of an instance of several are asked for their role",
    },
    maxLagBytes: {
      description: "how far a replica may be behind its primary to be read from, in bytes of replication",
    },
    failoverMs: {
      description: "how long calls wait for a new primary, or for any endpoint, after it was lost",
    },
    "pool.dialTimeoutMs": { description: "time for credentials, TCP, TLS, AUTH and PING of one dial" },
    "pool.healthCheckIntervalMs": { description: "how often a connection is checked" },
    "pool.maxReplyBytes": { description: "the longest reply to one command" },
    "pool.maxRepliesBytes": { description: "the replies to all commands of one request together" },
    "pool.maxReplyElements": { description: "most values in one reply, those inside of arrays included" },
    "pool.maxSkippedBytes": {
      description: "a connection is destroyed where more than this would have to be passed over of one reply",
    },
    "pool.exclusive.max": { description: "leased connections to one endpoint at most" },
    "pool.exclusive.maxAgeMs": { description: "age at which a leased connection is replaced" },
    "pool.exclusive.idleTimeoutMs": { description: "how long an idle leased connection stays open" },
    "pool.exclusive.acquireTimeoutMs": {
      description:
        "how long a lease is waited for where the caller brings no time of its own; calls of a fleet bring theirs",
    },
    "breaker.consecutiveFailures": { description: "failures in a row that open the circuit of an endpoint" },
    "breaker.openMs": { description: "how long it is open at first; doubled each time" },
    "breaker.maxOpenMs": { description: "where the doubling ends" },
    "retry.minDelayMs": {
      description: "delay with which retries to the same endpoint begin, where the fault advises less",
    },
    "retry.maxDelayMs": { description: "where the doubling ends" },
    "retryBudget.ratio": { description: "retries for each first attempt, over the window" },
  },
});

const instanceName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "expected the name of an instance");

/** By their place in the file. */
export const fleetSettings: Readonly<Record<string, z.ZodType>> = {
  ...derived,
  timeoutMs: setting(ms(1).default(3000), {
    description: "time for one call to Redis, waits and retries included",
  }),
  retries: setting(count(0, 10).default(2), {
    description: "further attempts of reads, and of writes that provably never left",
    takes: "<count>",
  }),
  graceMs: setting(ms(0).default(10_000), { description: "time for requests in flight after SIGTERM" }),
  policy: setting(z.enum(Object.keys(policies) as [string]).default("least-requests"), {
    description: `how one of several endpoints is chosen: ${Object.keys(policies).join(" or ")}`,
    takes: "<name>",
  }),
  overrides: setting(z.record(instanceName, objectFromRules(overrideRules)).default({}), {
    description:
      "options of one instance, by its name: timeoutMs, retries, failoverMs, rolesIntervalMs, pool, breaker",
  }),
};

/** What the fleet is made with: every option that is set, under its own name. */
export function fleetOptionsIn(config: FleetConfig): Partial<FleetOptions> {
  const set = Object.entries(config).filter(([name, value]) => name in fleetSettings && value !== undefined);
  const { policy, ...options } = Object.fromEntries(set) as unknown as FleetConfig;
  return { ...options, policy: policies[policy]!() };
}
