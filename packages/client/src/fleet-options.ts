import {
  breakerRules,
  type CircuitBreakerOptions,
  retryBudgetRules,
  type RetryBudgetOptions,
  type RetryPolicyOptions,
  retryPolicyRules,
} from "@fleet/breaker";
import type {
  AddressMap,
  CredentialsReference,
  Endpoint,
  Instance,
  InstanceInput,
  InstanceSource,
} from "@fleet/discovery";
import {
  checkOptions,
  clock,
  count,
  flag,
  func,
  hasMethods,
  isRecord,
  listOf,
  object,
  ms,
  number,
  record,
  type Rules,
  secret,
  withDefault,
} from "@fleet/options";
import { type Credentials, type RedisPoolOptions, redisPoolRules } from "@fleet/pool/ioredis";
import type { RoutingPolicy } from "@fleet/router";
import type { Clock } from "@fleet/time";

import { InvalidOptionError } from "./errors.ts";
import { type AclOptions, aclRules } from "./users/acl-options.ts";

/**
 * Resolves a reference to user name and password, at every dial: a rotated password needs no restart. Where `password` of the reference
 * is a list, the first that exists is meant. `isRefused`: the server refused the credentials of the last dial, so what the resolver has
 * cached of the reference is to be read again. `took` may be called with the one of several places that was used; statistics show it.
 * `port` is that of the endpoint. `next` of the result is tried where the server refuses the password; with `isGuess` a server without a
 * password is accepted too.
 */
export type CredentialsResolver = (
  reference: CredentialsReference,
  instance: Instance,
  last?: { readonly isRefused: boolean; readonly took?: (place: string) => void; readonly port?: number },
) => Promise<Credentials | undefined>;

/** Certificates and a key, in PEM. */
export interface Certificates {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/**
 * Resolves the Secret, `namespace/name`, that an instance's `tls.secret` names, at every dial. For a Pod, `pod:namespace/name`, it resolves
 * what the Pod says of its TLS: undefined where it speaks none at that endpoint, an empty record where it names no certificates.
 */
export type CertificatesResolver = (
  reference: string,
  instance: Instance,
  endpoint: Endpoint,
) => Promise<Certificates | undefined>;

export interface FleetOptions {
  /** Instances that the caller lists. At least one of `instances` and `sources` is needed. @default [] */
  readonly instances?: readonly InstanceInput[];
  /** Sources of instances, strongest first. The fleet starts them and closes them with itself. @default [] */
  readonly sources?: readonly InstanceSource[];
  /**
   * How long to wait for sources that have each failed once, in milliseconds: a server may start later than its
   * reader. Infinity: without end. @default 0
   */
  readonly startTimeoutMs?: number;
  /**
   * Whether `createFleet()` waits for the sources. Otherwise it resolves at once, `fleet.started` settles when the wait is over,
   * and calls to names that are not known yet are refused with FLEET_CLIENT_STARTING. @default true
   */
  readonly waitsForSources?: boolean;
  /** Turns the reference an instance carries into user name and password. @default none: instances with credentials are refused */
  readonly credentials?: CredentialsResolver;
  /**
   * Reads the Secrets that instances name for TLS, and asks the Pods. @default none: instances that name one are refused, and those
   * that leave TLS to a Pod are dialed in plain text
   */
  readonly certificates?: CertificatesResolver;
  /**
   * Makes a user of its own for each project on each endpoint that the project's calls go to, and sends them as that user: what a
   * project may not do, the server refuses too. The user that the fleet logs in as must be able to make users. @default none: all
   * calls go as the fleet's user
   */
  readonly acl?: AclOptions;
  /** Where an announced address is dialed. Names, TLS, errors and metrics stay with the announced one. @default that address */
  readonly addressMap?: AddressMap;
  /** How one of several eligible endpoints is chosen. @default leastRequests() */
  readonly policy?: RoutingPolicy;
  /** Time for a whole call, waits and retries included, in milliseconds. @default 3000 */
  readonly timeoutMs?: number;
  /** Further attempts after the first: of reads, and of writes that provably never left. @default 2 */
  readonly retries?: number;
  /** Bounds the retries of the whole fleet to a share of its calls. @default those of `RetryBudget` */
  readonly retryBudget?: Omit<RetryBudgetOptions, "clock">;
  /** How long a retry waits before it asks the same endpoint again. @default those of `RetryPolicy` */
  readonly retry?: Omit<RetryPolicyOptions, "retries" | "budget" | "random">;
  /** How long `close()`, and a removed endpoint, wait for calls in flight, in milliseconds. @default 5000 */
  readonly graceMs?: number;
  /**
   * How often all endpoints of an instance of several that is in use are asked for their role and the server that they follow, in milliseconds;
   * at least every second while no primary, more than one, or a replica that does not follow is known. @default 1000
   */
  readonly rolesIntervalMs?: number;
  /**
   * How far a replica may be behind its primary to be read from, in bytes of replication, as it was when it was asked last
   * (`rolesIntervalMs`). One that is further behind is read from only when no other endpoint is eligible. @default Infinity
   */
  readonly maxLagBytes?: number;
  /**
   * How long calls to an instance wait for a primary, or for any endpoint, after it was lost, in milliseconds and within their own
   * time: nothing of them was sent. A gap that lasts longer refuses them at once; 0 always does. @default 5000
   */
  readonly failoverMs?: number;
  /** Settings of every pool. @default those of `RedisPool`, except `reconnectMaxDelayMs` 1000; their command timeout is `timeoutMs` */
  readonly pool?: Partial<
    Omit<
      RedisPoolOptions,
      "name" | "host" | "port" | "commandTimeoutMs" | "credentials" | "tls" | "clock" | "random"
    >
  >;
  /** Settings of every circuit breaker; `trip` and `restore` are of one circuit only. @default those of `CircuitBreaker` */
  readonly breaker?: Partial<Omit<CircuitBreakerOptions, "name" | "trip" | "restore" | "clock" | "random">>;
  /** Options of the fleet that are different for one instance, by its name. Calls to a group keep the fleet's `timeoutMs`. @default none */
  readonly overrides?: Readonly<Record<string, InstanceOverrides>>;
  /** Monotonic milliseconds and timers. @default performance.now and the global timers */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for routing and jitter. @default Math.random */
  readonly random?: () => number;
}

/** What an instance may have of its own; what is absent is as the fleet has it, option by option. */
export type InstanceOverrides = Pick<
  FleetOptions,
  "timeoutMs" | "retries" | "rolesIntervalMs" | "failoverMs" | "pool" | "breaker"
>;

/** Options of another package, without those that a fleet decides by itself. */
function optionsOf(rules: Rules, ...decided: readonly string[]): Rules {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => !decided.includes(name)));
}

/**
 * A server that is back should serve again within a second. The pool's own default thinks of one client with one server; a fleet
 * knows that its others carry on meanwhile, and its dials to one endpoint are few.
 */
export const reconnectMaxDelayMs = 1000;

const poolRules = {
  ...optionsOf(
    redisPoolRules,
    "name",
    "host",
    "port",
    "commandTimeoutMs",
    "credentials",
    "tls",
    "clock",
    "random",
  ),
  reconnectMaxDelayMs: withDefault(reconnectMaxDelayMs, redisPoolRules.reconnectMaxDelayMs),
};

/** What an instance may have of its own. */
export const overrideRules: Rules<InstanceOverrides> = {
  timeoutMs: withDefault(3000, ms()),
  retries: withDefault(2, { ...count(0, 10), expected: "an integer from 0 to 10" }),
  rolesIntervalMs: withDefault(1000, ms()),
  failoverMs: withDefault(5000, ms(0)),
  pool: record(poolRules),
  breaker: record(optionsOf(breakerRules, "name", "trip", "restore", "clock", "random")),
};

export const fleetRules: Rules<FleetOptions> = {
  ...overrideRules,
  // Discovery checks what is in them.
  instances: listOf("instances", () => true),
  sources: listOf("sources with start() and close()", (source) => hasMethods(source, "start", "close")),
  startTimeoutMs: withDefault(0, {
    ...ms(0),
    expected: `${ms(0).expected}, or Infinity`,
    fits: (value) => value === Infinity || ms(0).fits(value),
  }),
  waitsForSources: withDefault(true, flag),
  maxLagBytes: withDefault(
    Number.POSITIVE_INFINITY,
    number("bytes, at least 0, or Infinity", (value) => value >= 0),
  ),
  credentials: secret(func),
  certificates: secret(func),
  acl: record(aclRules),
  addressMap: func,
  policy: object("a policy with choose(), as leastRequests() makes one", (value) =>
    hasMethods(value, "choose"),
  ),
  retry: record(optionsOf(retryPolicyRules, "retries", "budget", "random")),
  retryBudget: record(optionsOf(retryBudgetRules, "clock")),
  graceMs: withDefault(5000, ms(0)),
  overrides: { kind: "record", expected: "a record of options by the name of an instance", fits: isRecord },
  clock,
  random: func,
};

/** @throws InvalidOptionError */
export function checkFleetOptions(options: FleetOptions): void {
  checkOptions(options, fleetRules, InvalidOptionError);
  if (options.acl !== undefined && options.acl.password === undefined)
    throw new InvalidOptionError("acl.password", "a function", "undefined");
  for (const [instance, own] of Object.entries(options.overrides ?? {}))
    checkOptions(own, overrideRules, InvalidOptionError, `overrides.${instance}`);
  if ((options.instances?.length ?? 0) + (options.sources?.length ?? 0) === 0)
    throw new InvalidOptionError("instances or sources", "given, at least one of them", "undefined");
}
