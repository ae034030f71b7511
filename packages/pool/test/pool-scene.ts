import { ConnectionError } from "../src/index.ts";
import { RedisPool, type RedisPoolOptions } from "../src/ioredis/index.ts";

/** A pool on a server of a test, impatient enough for one. */
export function openPool(
  { host, port }: { readonly host: string; readonly port: number },
  options: Partial<RedisPoolOptions> = {},
): RedisPool {
  return new RedisPool({ name: "test", host, port, reconnectMaxDelayMs: 50, ...options });
}

/** The error of a call that must fail. */
export async function errorOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    (value) => {
      throw new Error(`it should have failed, but answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as Error,
  );
}

export function isLost(error: unknown, outcome: "not-sent" | "unknown"): boolean {
  return (
    error instanceof ConnectionError &&
    error.code === "FLEET_POOL_CONNECTION_LOST" &&
    error.outcome === outcome
  );
}
