import { optionFaults } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { exclusiveLaneRules } from "../src/exclusive/exclusive-lane-options.ts";
import { ExclusiveLane, InvalidOptionError } from "../src/index.ts";
import { lateConnectionRules } from "../src/ioredis/connection/late-connection.ts";
import { LateConnection, RedisPool } from "../src/ioredis/index.ts";
import { redisPoolRules } from "../src/ioredis/redis-pool-options.ts";
import { FakeFactory } from "./exclusive/fake-factory.ts";

const server = { name: "x", host: "h", port: 1 };

describe("refuses whatever an option cannot be, and options that do not exist", () => {
  test("a pool", () => {
    expect(optionFaults(redisPoolRules, server, (options) => new RedisPool(options))).toEqual([]);
  });

  test("an exclusive lane", () => {
    const given = { name: "x", factory: new FakeFactory() };
    expect(optionFaults(exclusiveLaneRules, given, (options) => new ExclusiveLane(options))).toEqual([]);
  });

  test("a late connection", () => {
    const given = { host: "h", port: 1 };
    expect(optionFaults(lateConnectionRules, given, (options) => new LateConnection(options))).toEqual([]);
  });

  test.for([undefined, null, "x", 1, [], () => 1])("%s in place of options", (options) => {
    expect(() => new RedisPool(options as never)).toThrow("options must be a record of options");
  });
});

test.for([
  [{ db: 2 }, "db"],
  [{ password: "CANARY" }, "password"],
  [{ credentials: "CANARY" }, "credentials must be a function, got a string"],
  [{ credentials: { password: "CANARY" } }, "credentials must be a function, got an object"],
  [{ tls: {} }, "tls must be a function, got an object"],
  [{ tls: true }, "tls must be a function, got a boolean"],
  [
    { exclusive: { maxx: 5 } },
    "exclusive.maxx must be left out: there is no such option, the nearest is max",
  ],
  [{ exclusive: 5 }, "exclusive must be a record of options, got a number"],
  [{ commandTimeoutMS: 5 }, "the nearest is commandTimeoutMs"],
] as const)("a pool refuses %j", ([options, message]) => {
  const make = (): unknown => new RedisPool({ ...server, ...options } as never);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
  expect(make).not.toThrow("CANARY");
});

describe("a call refuses", () => {
  test.for([
    [{ deadline: Number.NaN }, "deadline must be"],
    [{ deadline: Infinity }, "deadline must be"],
    [{ deadline: "5" }, "deadline must be"],
    [{ deadline: Date.now() + 1000 }, "deadline must be a time of the pool's clock"],
    [{ timeoutMs: "3000" }, 'timeoutMs must be milliseconds above 0, at most 2147483647, got "3000"'],
    [{ timeoutMs: 0 }, "timeoutMs must be"],
    [{ timeoutMs: Number.NaN }, "timeoutMs must be"],
  ] as const)("%j, on every lane", async ([options, message]) => {
    await using pool = new RedisPool(server);
    for (const call of [
      () => pool.shared.send(["PING"], options as never),
      () => pool.shared.batch([["PING"]], options as never),
      () => pool.exclusive.acquire(options as never),
      () => pool.exclusive.use(() => Promise.resolve(), options as never),
    ]) {
      const error = await call().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect((error as Error).message).toContain(message);
    }
    expect(pool.shared.state).toBe("idle");
  });

  test("an encoding that is none", async () => {
    await using pool = new RedisPool(server);
    await expect(pool.shared.send(["PING"], { encoding: "latin1" as never })).rejects.toThrow(
      'encoding must be "utf8", "buffer" or "wire", got "latin1"',
    );
  });

  test("a grace that is none", async () => {
    await using pool = new RedisPool(server);
    await expect(pool.close({ graceMs: Number.NaN })).rejects.toBeInstanceOf(InvalidOptionError);
  });
});
