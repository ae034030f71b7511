import { eventually, FakeClock, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { CommandTimeoutError, ConnectionError } from "../../../src/index.ts";
import { errorOf, openPool } from "../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

/** Until the server has so many clients that block. */
async function blocked(count: number): Promise<void> {
  await eventually(async () =>
    expect(String(await server.call("INFO", "clients"))).toContain(`blocked_clients:${count}\r\n`),
  );
}

describe("a command on a lease", () => {
  test("that a hung server does not answer ends by its deadline, and the connection with it", async () => {
    await using hung = await startRedis();
    const clock = new FakeClock();
    await using pool = openPool(hung, { clock, commandTimeoutMs: 1000, exclusive: { max: 1 } });
    await pool.exclusive.use((redis) => redis.ping());
    hung.pause();
    const lease = await pool.exclusive.acquire();
    const calls = [errorOf(lease.connection.incr("n")), errorOf(lease.connection.get("n"))];
    const batch = lease.connection.pipeline().incr("n").exec();
    await clock.advance(999);
    expect(lease.lost).toBe(false);
    await clock.advance(1);
    const [first, second] = await Promise.all(calls);
    expect(first).toBeInstanceOf(CommandTimeoutError);
    expect(first).toMatchObject({ outcome: "unknown", waitedMs: 1000 });
    expect(second).toBeInstanceOf(ConnectionError);
    expect(second).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" });
    expect(await batch).toMatchObject([[{ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" }]]);
    await eventually(() => expect(lease.lost).toBe(true));
    // What comes after it was never sent.
    expect(await errorOf(lease.connection.get("n"))).toMatchObject({ outcome: "not-sent" });
    await lease.release();
    expect(pool.stats.exclusive).toMatchObject({ total: 0, losses: 1 });
    hung.resume();
    // Who comes next is served by a new connection.
    await expect(pool.exclusive.use((redis) => redis.ping())).resolves.toBe("PONG");
  });

  test.for<[string, (redis: Redis) => Promise<unknown>, number]>([
    ["BLPOP", (redis) => redis.blpop("nothing", 2), 2000],
    ["blmpop by call()", (redis) => redis.call("blmpop", "2", "1", "nothing", "LEFT"), 2000],
    ["BZPOPMIN", (redis) => redis.bzpopmin("nothing", 0.5), 500],
    ["BLMOVE", (redis) => redis.blmove("nothing", "other", "LEFT", "LEFT", 2), 2000],
    ["XREAD", (redis) => redis.xread("COUNT", 1, "BLOCK", 700, "STREAMS", "block", "$"), 700],
    ["WAIT", (redis) => redis.wait(1, 900), 900],
  ])("that blocks by itself, %s, has that time on top", async ([, block, ownMs]) => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock, commandTimeoutMs: 1000 });
    const lease = await pool.exclusive.acquire();
    proxy.inject({ kind: "blackhole" }, { direction: "reply" });
    let ended = false;
    const call = errorOf(block(lease.connection)).finally(() => (ended = true));
    await clock.advance(ownMs + 999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await call).toBeInstanceOf(CommandTimeoutError);
    lease.destroy();
  });

  test("that blocks without end is bounded by its lease", async () => {
    const clock = new FakeClock();
    await using pool = openPool(server, { clock, exclusive: { max: 1, leaseTimeoutMs: 60_000 } });
    const lease = await pool.exclusive.acquire();
    const call = errorOf(lease.connection.blpop("nothing", 0));
    const waiter = pool.exclusive.acquire({ deadline: clock.now() + 100_000 });
    await blocked(1);
    await clock.advance(59_999);
    expect(lease.lost).toBe(false);
    await clock.advance(1);
    expect(await call).toMatchObject({
      code: "FLEET_POOL_CONNECTION_LOST",
      outcome: "unknown",
      message: expect.stringContaining("60000 ms"),
    });
    expect(lease.lost).toBe(true);
    await blocked(0);
    const next = await waiter;
    await expect(next.connection.ping()).resolves.toBe("PONG");
    await Promise.all([lease.release(), next.release()]);
    expect(pool.stats.exclusive).toMatchObject({ expired: 1, total: 1, idle: 1 });
  });

  test("is not bounded by its lease before the deadline that it was asked for with, and a shorter one beside it is", async () => {
    const clock = new FakeClock();
    await using pool = openPool(server, { clock, exclusive: { max: 2, leaseTimeoutMs: 60_000 } });
    const long = await pool.exclusive.acquire({ deadline: clock.now() + 86_400_000 });
    const short = await pool.exclusive.acquire();
    await clock.advance(60_000);
    expect([long.lost, short.lost]).toEqual([false, true]);
    await clock.advance(86_400_000 - 60_001);
    expect(long.lost).toBe(false);
    await clock.advance(1);
    expect(long.lost).toBe(true);
    await Promise.all([long.release(), short.release()]);
  });

  test("may take as long as the deadline that its lease was asked for with", async () => {
    const clock = new FakeClock();
    await using pool = openPool(server, { clock, commandTimeoutMs: 1000 });
    const lease = await pool.exclusive.acquire({ deadline: clock.now() + 5000 });
    await server.call("CLIENT", "PAUSE", "60000", "WRITE");
    let ended = false;
    const call = errorOf(lease.connection.set("slow", "1")).finally(() => (ended = true));
    await clock.advance(4999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await call).toBeInstanceOf(CommandTimeoutError);
    await server.call("CLIENT", "UNPAUSE");
    await lease.release();
  });

  test("counts from when all before it are answered", async () => {
    const clock = new FakeClock();
    await using pool = openPool(server, { clock, commandTimeoutMs: 1000 });
    await using lease = await pool.exclusive.acquire();
    const popped = lease.connection.blpop("list", 5);
    const behind = lease.connection.echo("behind");
    await blocked(1);
    await clock.advance(3000);
    await server.call("RPUSH", "list", "x");
    await expect(Promise.all([popped, behind])).resolves.toEqual([["list", "x"], "behind"]);
  });
});

describe("an idle connection whose path died without a word", () => {
  test("is found when it would be lent, and the caller gets another one", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock, exclusive: { max: 1 } });
    const id = await pool.exclusive.use((redis) => redis.client("ID"));
    proxy.inject({ kind: "halfOpen" });
    await clock.advance(1000);
    proxy.heal();
    const next = pool.exclusive.use((redis) => redis.client("ID"));
    await eventually(() => expect(pool.stats.exclusive).toMatchObject({ resetting: 1, waiting: 1 }));
    await clock.advance(1000);
    expect(await next).not.toBe(id);
    expect(pool.stats.exclusive).toMatchObject({ total: 1, losses: 1, timeouts: 0 });
  });

  test("is found without any caller, while a sound one stays", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock, healthCheckIntervalMs: 3_600_000 });
    const leases = [await pool.exclusive.acquire(), await pool.exclusive.acquire()];
    await leases[0]!.connection.ping();
    await Promise.all(leases.map((lease) => lease.release()));
    await clock.advance(30_000);
    await eventually(() => expect(pool.stats.exclusive).toMatchObject({ idle: 2, losses: 0 }));
    proxy.inject({ kind: "halfOpen" });
    await clock.advance(31_000);
    await eventually(() => expect(pool.stats.exclusive).toMatchObject({ total: 0, losses: 2 }));
    proxy.heal();
  });

  test("costs one that was used a moment ago no round trip", async () => {
    await using pool = openPool(server, { clock: new FakeClock(), exclusive: { max: 1 } });
    await pool.exclusive.use((redis) => redis.ping());
    await pool.exclusive.use((redis) => redis.ping());
    expect(pool.stats.exclusive).toMatchObject({ hits: 1, misses: 1 });
  });
});

test("a reply too many on a lease reaches no later borrower", async () => {
  await using proxy = await startFaultProxy(server);
  await using pool = openPool(proxy, { exclusive: { max: 1 } });
  await pool.exclusive.use((redis) => redis.ping());
  proxy.inject({ kind: "reply", k: 1, do: { inject: "+one\r\n+two" } });
  await pool.exclusive.use((redis) => redis.echo("mine"));
  await expect(pool.exclusive.use((redis) => redis.echo("next"))).resolves.toBe("next");
  expect(pool.stats.exclusive.dials).toBe(2);
});
