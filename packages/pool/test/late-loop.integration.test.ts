import { spawnSync } from "node:child_process";

import { eventually, FakeClock, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { openPool } from "./pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

/** A program that ends when this key of the server has this value. */
const untilItIs = `
  const [host, port, key, value] = process.argv.slice(1);
  const socket = require("node:net").connect({ host, port });
  const ask = () => socket.write("*2\\r\\n$3\\r\\nGET\\r\\n$" + key.length + "\\r\\n" + key + "\\r\\n");
  socket.on("connect", ask);
  socket.on("data", (data) => (String(data).includes("\\r\\n" + value + "\\r\\n") ? socket.destroy() : ask()));
`;

const timeoutMs = 100;

/** Keeps the event loop busy until every timeout of these tests is over. */
function holdUp(): void {
  const startedAt = performance.now();
  while (performance.now() - startedAt < 10 * timeoutMs);
}

/** The same, and until the server has done and answered it all. */
function holdUpUntil(key: string, value: number): void {
  const args = [server.host, String(server.port), key, String(value)];
  spawnSync(process.execPath, ["-e", untilItIs, ...args], { timeout: 10_000 });
  holdUp();
}

/** Lets everything that was written in this turn leave. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("answers that are in the socket when this process goes on are read before anything is given up", () => {
  test("on the shared lane: calls, batches, and the health check", async () => {
    await using pool = openPool(server, {
      commandTimeoutMs: timeoutMs,
      stallTimeoutMs: timeoutMs,
      healthCheckIntervalMs: 10,
    });
    await pool.ready();
    const calls = Array.from({ length: 60 }, () => pool.shared.send(["INCR", "n"]));
    const batch = pool.shared.batch([["PING"], ["INCR", "n"]], { atomic: true });
    const proof = pool.shared.prove();
    const sent = Promise.allSettled([...calls, batch, proof]);
    await nextTurn();
    holdUpUntil("n", 61);
    expect((await sent).filter(({ status }) => status === "rejected")).toEqual([]);
    expect(pool.stats.shared).toMatchObject({ timeouts: 0, losses: 0, state: "ready" });
    expect(pool.health).toMatchObject({ status: "healthy", consecutiveFailures: 0 });
  });

  test("on a lease: its commands, and its return", async () => {
    await using pool = openPool(server, {
      commandTimeoutMs: timeoutMs,
      exclusive: { resetTimeoutMs: timeoutMs, acquireTimeoutMs: timeoutMs, max: 1 },
    });
    const lease = await pool.exclusive.acquire();
    const calls = Array.from({ length: 20 }, () => lease.connection.incr("n"));
    await nextTurn();
    holdUpUntil("n", 20);
    await expect(Promise.all(calls)).resolves.toHaveLength(20);
    await lease.connection.watch("k");
    const returned = lease.release();
    const next = pool.exclusive.acquire();
    await nextTurn();
    holdUpUntil("n", 20);
    await Promise.all([returned, next.then((lent) => lent.release())]);
    expect(pool.stats.exclusive).toMatchObject({ dials: 1, losses: 0, uncleaned: 0, timeouts: 0 });
  });

  test("of a dial", async () => {
    await using pool = openPool(server, { dialTimeoutMs: timeoutMs });
    const ready = Promise.all([pool.ready(), pool.exclusive.use((redis) => redis.incr("n"))]);
    await server.call("SET", "m", "1");
    holdUpUntil("m", 1);
    await ready;
    expect(pool.stats).toMatchObject({
      shared: { dials: 1, failedDials: 0 },
      exclusive: { dials: 1, failedDials: 0 },
    });
  });
});

describe("a pause in which nothing could leave", () => {
  test("costs no call its time: the server had no chance to answer", async () => {
    await using pool = openPool(server, { commandTimeoutMs: timeoutMs });
    await pool.ready();
    const calls = Array.from({ length: 60 }, () => pool.shared.send(["INCR", "n"]));
    const settled = Promise.allSettled(calls);
    holdUp();
    expect((await settled).filter(({ status }) => status === "rejected")).toEqual([]);
    expect(pool.stats.shared.timeouts).toBe(0);
  });

  test("is granted once: a server that hangs is given up after as much again, at most a second more", async () => {
    await using hung = await startRedis();
    const clock = new FakeClock();
    let heldUpMs = 0;
    const late = {
      now: () => clock.now() + heldUpMs,
      setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms),
      clearTimeout: (handle: unknown) => clock.clearTimeout(handle),
    };
    await using pool = openPool(hung, { commandTimeoutMs: timeoutMs, clock: late });
    await pool.ready();
    hung.pause();
    let error: unknown;
    pool.shared.send(["PING"]).catch((reason: unknown) => (error = reason));
    heldUpMs = 5000;
    // The sweep comes 5 s late, and grants 1 s.
    await clock.advance(1000);
    expect(error).toBeUndefined();
    await clock.advance(40);
    await eventually(() => expect(error).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" }));
    hung.resume();
  });
});
