import { eventually, FakeClock, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { RedisPool } from "../../../../src/ioredis/index.ts";
import { isLost, openPool } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

/** How often the server was asked to PING. */
async function pings(): Promise<number> {
  const stats = String(await server.call("INFO", "commandstats"));
  return Number(/^cmdstat_ping:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
}

interface Load extends Disposable {
  /** Replies that were another caller's, and errors, so far. */
  readonly wrong: number;
  readonly right: number;
  readonly errors: readonly unknown[];
  stop(): Promise<void>;
}

/** Callers that each ask for a word of their own, one after another, without a pause and without end. */
function callers(pool: RedisPool, count: number): Load {
  const load = { wrong: 0, right: 0, errors: [] as unknown[], stopped: false };
  let words = 0;
  const loops = Array.from({ length: count }, async () => {
    while (!load.stopped) {
      const word = `word ${(words += 1)}`;
      try {
        if ((await pool.shared.send(["ECHO", word])) === word) load.right += 1;
        else load.wrong += 1;
      } catch (error) {
        load.errors.push(error);
      }
    }
  });
  const stop = async (): Promise<void> => {
    load.stopped = true;
    await Promise.all(loops);
  };
  return Object.assign(load, { stop, [Symbol.dispose]: () => void (load.stopped = true) });
}

describe("under a steady load in which no caller ever times out", () => {
  test("a reply that got lost shifts replies for a second at most", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock });
    await pool.ready();
    using load = callers(pool, 20);
    await eventually(() => expect(load.right).toBeGreaterThan(100));
    proxy.inject({ kind: "reply", k: 1, do: "drop" });
    await eventually(() => expect(load.wrong).toBeGreaterThan(100));
    expect(pool.stats.shared).toMatchObject({ losses: 0, timeouts: 0 });
    await clock.advance(1000);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
    // The new connection comes after a pause that this clock has to be moved through.
    await clock.advance(1000);
    const { wrong, right } = load;
    await eventually(() => expect(load.right).toBeGreaterThan(right + 100));
    await load.stop();
    expect(load.wrong).toBe(wrong);
    expect(load.errors.length).toBeGreaterThan(0);
    for (const error of load.errors) expect(isLost(error, "unknown")).toBe(true);
  });

  test("the server is asked once a second, and not while nothing is in flight", async () => {
    const clock = new FakeClock();
    await using pool = openPool(server, { clock, healthCheckIntervalMs: 3_600_000 });
    await pool.ready();
    await pool.shared.send(["SET", "n", "1"]);
    const before = await pings();
    await clock.advance(60_000);
    expect(await pings()).toBe(before);

    using load = callers(pool, 20);
    await eventually(() => expect(load.right).toBeGreaterThan(100));
    for (let second = 1; second <= 5; second += 1) {
      await clock.advance(1000);
      await eventually(async () => expect(await pings()).toBeGreaterThanOrEqual(before + second));
    }
    // The first is due at once after the quiet minute, and steps of 20 ms have to fit into a second.
    expect(await pings()).toBeLessThanOrEqual(before + 7);
    await load.stop();
    expect(load).toMatchObject({ wrong: 0, errors: [] });
  });

  test("a reply too many is seen by then, too", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock });
    await pool.ready();
    using load = callers(pool, 20);
    await eventually(() => expect(load.right).toBeGreaterThan(100));
    proxy.inject({ kind: "reply", k: 1, do: { inject: "+one\r\n+two" } });
    await eventually(() => expect(load.wrong).toBeGreaterThan(0));
    await clock.advance(1000);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
    await clock.advance(1000);
    const { wrong, right } = load;
    await eventually(() => expect(load.right).toBeGreaterThan(right + 100));
    await load.stop();
    expect(load.wrong).toBe(wrong);
  });
});

describe("a health check", () => {
  test.for([
    ["a neighbour's reply", "+another caller's"],
    ["a PONG without the word", "+PONG"],
  ])("that is answered with %s destroys the connection", async ([, reply]) => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock, healthCheckIntervalMs: 500 });
    await pool.ready();
    proxy.inject({ kind: "reply", k: 1, do: { inject: reply! } });
    await clock.advance(500);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
    expect(pool.health).toMatchObject({ status: "unhealthy", lastError: "FLEET_POOL_CONNECTION_LOST" });
  });

  test("of a user that may not PING is an answer all the same", async () => {
    await server.call("ACL", "SETUSER", "mute", "on", ">secret", "~*", "+@all", "-ping");
    const clock = new FakeClock();
    const credentials = async (): Promise<{ username: string; password: string }> => ({
      username: "mute",
      password: "secret",
    });
    await using pool = openPool(server, { clock, credentials, healthCheckIntervalMs: 500 });
    await pool.ready();
    const checkedAt = pool.health.lastCheckAt!;
    await clock.advance(500);
    await eventually(() => expect(pool.health.lastCheckAt).toBe(checkedAt + 500));
    expect(pool.health.status).toBe("healthy");
    expect(pool.stats.shared.losses).toBe(0);
  });
});
