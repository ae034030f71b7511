import type { CircuitBreakerOptions } from "@fleet/breaker";
import type { RedisPoolOptions } from "@fleet/pool/ioredis";

import type { FleetOptions, InstanceOverrides } from "./fleet-options.ts";

/**
 * A server that is back should serve again within a second. The pool's own default thinks of one client with one server; a fleet
 * knows that its others carry on meanwhile, and its dials to one endpoint are few.
 */
const reconnectMaxDelayMs = 1000;

/** What counts for the calls to one instance, and for its endpoints: the fleet's options under its own. */
export interface Terms {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly pool: Partial<RedisPoolOptions>;
  readonly breaker: Partial<CircuitBreakerOptions>;
}

/** The terms of every instance, merged once: a call looks them up, and a fleet without overrides does not even that. */
export class AllTerms {
  readonly #common: Terms;
  readonly #own: ReadonlyMap<string, Terms>;

  constructor(options: FleetOptions) {
    this.#common = termsOf(options, {});
    const overrides = Object.entries(options.overrides ?? {});
    this.#own = new Map(overrides.map(([instance, own]) => [instance, termsOf(options, own)]));
  }

  /** Whether one instance has terms of its own. */
  get differ(): boolean {
    return this.#own.size > 0;
  }

  /** The fleet's own, and each that differs from them. */
  get all(): readonly Terms[] {
    return [this.#common, ...this.#own.values()];
  }

  of(instance: string | undefined): Terms {
    return (instance === undefined ? undefined : this.#own.get(instance)) ?? this.#common;
  }
}

function termsOf(fleet: FleetOptions, own: InstanceOverrides): Terms {
  const timeoutMs = own.timeoutMs ?? fleet.timeoutMs ?? 3000;
  const exclusive = { ...fleet.pool?.exclusive, ...own.pool?.exclusive };
  return {
    timeoutMs,
    retries: own.retries ?? fleet.retries ?? 2,
    pool: { reconnectMaxDelayMs, ...fleet.pool, ...own.pool, exclusive, commandTimeoutMs: timeoutMs },
    breaker: { ...fleet.breaker, ...own.breaker },
  };
}
