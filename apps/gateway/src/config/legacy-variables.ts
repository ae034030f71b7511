import type { Alias } from "@fleet/settings";

import { instanceAt } from "./redis-url.ts";

const url = "REDIS_URL";

/** Variables that other Redis clients know, each weaker than the gateway's own; their times are seconds. */
export const legacyVariables: readonly Alias[] = [
  {
    variable: url,
    expected:
      "redis://[user:password@]host[:port], or rediss:// for TLS, of database 0; whoever has a user name has a password, and both are percent-encoded",
    secret: true,
    alone: true,
    means: {
      instances: (text) => {
        const instance = instanceAt(text, url);
        return instance && [instance];
      },
    },
  },
  { variable: "REDIS_MAX_CONNECTIONS", expected: "a whole number", means: { "pool.exclusive.max": number } },
  seconds("REDIS_CONNECTION_TIMEOUT", "pool.dialTimeoutMs"),
  seconds("REDIS_OPERATION_TIMEOUT", "timeoutMs"),
  { variable: "REDIS_MAX_RETRIES", expected: "a whole number", means: { retries: number } },
  {
    variable: "REDIS_RETRY_DELAY",
    expected: "seconds",
    means: {
      "retry.minDelayMs": milliseconds,
      // It doubles from there on, and must have room for the first.
      "retry.maxDelayMs": (text) => {
        const least = milliseconds(text);
        return least === undefined ? undefined : Math.max(512, least);
      },
    },
  },
  seconds("REDIS_HEALTH_CHECK_INTERVAL", "pool.healthCheckIntervalMs"),
  {
    variable: "CIRCUIT_BREAKER_FAILURE_THRESHOLD",
    expected: "a whole number",
    means: { "breaker.consecutiveFailures": number },
  },
  // It says how long the circuit is open, however often it has opened.
  seconds("CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "breaker.openMs", "breaker.maxOpenMs"),
];

function seconds(variable: string, ...paths: readonly string[]): Alias {
  return {
    variable,
    expected: "seconds",
    means: Object.fromEntries(paths.map((path) => [path, milliseconds])),
  };
}

function milliseconds(text: string): number | undefined {
  const value = number(text);
  return value === undefined ? undefined : Math.round(value * 1000);
}

function number(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
