import { CircuitBreaker } from "@fleet/breaker";

import type { Config } from "../config/config-schema.ts";

/** One on the hub, one on the database: while either is open nothing is claimed. */
export interface Breakers {
  readonly hub: CircuitBreaker;
  readonly database: CircuitBreaker;
}

/** The states of the two. */
export type BreakerNames = { readonly [K in keyof Breakers]: CircuitBreaker["state"]["name"] };

export function breakersOf(config: Config): Breakers {
  const { fetchTimeoutMs, writeTimeoutMs } = config;
  const breaker = (name: string, timeoutMs: number): CircuitBreaker =>
    new CircuitBreaker({
      probeTimeoutMs: timeoutMs + 1000,
      ...config.breaker,
      name,
    });
  return { hub: breaker("hub", fetchTimeoutMs), database: breaker("database", writeTimeoutMs) };
}
