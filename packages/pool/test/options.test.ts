import { describe, expect, test } from "vitest";

import { ExclusiveLane, type ExclusiveLaneOptions, InvalidOptionError } from "../src/index.ts";
import { RedisPool, type RedisPoolOptions } from "../src/ioredis/index.ts";

const given: RedisPoolOptions = { name: "orders", host: "127.0.0.1", port: 6379 };

describe("a pool refuses, and prints", () => {
  test.for([
    [{ name: "" }, `name must be a non-empty string, got ""`],
    [{ host: "" }, `host must be a non-empty string, got ""`],
    [{ port: 0 }, "port must be a whole number of at least 1 and at most 65535, got 0"],
    [{ port: 65_536 }, "port must be a whole number of at least 1 and at most 65535, got 65536"],
    [{ commandTimeoutMs: 0 }, "commandTimeoutMs must be milliseconds from 1 to 2147483647, got 0"],
    [{ commandTimeoutMs: Number.NaN }, "got NaN"],
    [{ dialTimeoutMs: 2 ** 31 }, "got 2147483648"],
    [{ stallTimeoutMs: -1 }, "stallTimeoutMs"],
    [{ maxInFlight: 1.5 }, "maxInFlight must be a whole number of at least 1, got 1.5"],
    [{ maxInFlightBytes: 0 }, "maxInFlightBytes"],
    [{ flush: "never" }, `flush must be "tick" or "poll", got "never"`],
    [{ healthCheckIntervalMs: "30s" }, `got "30s"`],
    [{ reconnectMinDelayMs: 0 }, "reconnectMinDelayMs"],
    [
      { reconnectMinDelayMs: 50, reconnectMaxDelayMs: 20 },
      "reconnectMaxDelayMs must be milliseconds from 50",
    ],
    [{ exclusive: { max: 0 } }, "max must be a whole number of at least 1, got 0"],
  ] as const)("%j", ([options, message]) => {
    const make = (): RedisPool => new RedisPool({ ...given, ...options } as RedisPoolOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(message);
  });
});

test.for([
  { max: 0 },
  { maxWaiters: -1 },
  { acquireTimeoutMs: 0 },
  { maxConcurrentDials: 0 },
  { idleTimeoutMs: 0 },
  { maxAgeMs: Number.POSITIVE_INFINITY },
])("an exclusive lane refuses %j", (options) => {
  const factory = {} as ExclusiveLaneOptions<object>["factory"];
  expect(() => new ExclusiveLane({ name: "x", factory, ...options })).toThrow(InvalidOptionError);
});

test("a pool dials nothing before it is needed", async () => {
  await using pool = new RedisPool(given);
  expect(pool.shared.state).toBe("idle");
  expect(pool.health.status).toBe("unknown");
  expect(pool.stats.exclusive.total).toBe(0);
});
