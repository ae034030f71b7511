import type { CircuitBreakerOptions } from "@fleet/breaker";
import { complete, isRecord } from "@fleet/options";
import type { RedisPoolOptions } from "@fleet/pool/ioredis";

import {
  type FleetOptions,
  type InstanceOverrides,
  overrideRules,
  reconnectMaxDelayMs,
} from "./fleet-options.ts";

/** What counts for the calls to one instance, and for its endpoints: the fleet's options under its own. */
export interface Terms {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly rolesIntervalMs: number;
  readonly failoverMs: number;
  readonly pool: Partial<RedisPoolOptions>;
  readonly breaker: Partial<CircuitBreakerOptions>;
}

type FleetTerms = Required<Omit<InstanceOverrides, "pool" | "breaker">> &
  Pick<InstanceOverrides, "pool" | "breaker">;

/** The terms of every instance, merged once: a call looks them up, and a fleet without overrides does not even that. */
export class AllTerms {
  readonly common: Terms;
  /** By the name of the instance. */
  readonly own: ReadonlyMap<string, Terms>;

  constructor(options: FleetOptions) {
    const fleet = complete<InstanceOverrides, "pool" | "breaker">(options, overrideRules);
    this.common = termsOf(fleet, {});
    const overrides = Object.entries(options.overrides ?? {});
    this.own = new Map(overrides.map(([instance, own]) => [instance, termsOf(fleet, own)]));
  }

  of(instance: string | undefined): Terms {
    return (instance === undefined ? undefined : this.own.get(instance)) ?? this.common;
  }
}

function termsOf(fleet: FleetTerms, own: InstanceOverrides): Terms {
  const timeoutMs = own.timeoutMs ?? fleet.timeoutMs;
  return {
    timeoutMs,
    retries: own.retries ?? fleet.retries,
    rolesIntervalMs: own.rolesIntervalMs ?? fleet.rolesIntervalMs,
    failoverMs: own.failoverMs ?? fleet.failoverMs,
    pool: { reconnectMaxDelayMs, ...merged(fleet.pool, own.pool), commandTimeoutMs: timeoutMs },
    breaker: merged(fleet.breaker, own.breaker),
  };
}

/** Options within an option, as those of a lane, one by one too. What is given as undefined is left out. */
function merged<T extends object>(fleet: T | undefined, own: T | undefined): Partial<T> {
  const both: Record<string, unknown> = given(fleet);
  for (const [name, value] of Object.entries(given(own)))
    both[name] = isRecord(value) ? merged(both[name] as object | undefined, value) : value;
  return both as Partial<T>;
}

function given(options: object | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}
