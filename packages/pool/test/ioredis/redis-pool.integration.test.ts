import { execFile } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { promisify } from "node:util";

import { FakeClock, eventually, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { PoolClosedError } from "../../src/index.ts";
import { errorOf, isLost, openPool } from "../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

/** Runs a script as a process of its own: what it prints, once it has ended by itself. */
async function run(script: string): Promise<string> {
  const source = `
    import { RedisPool } from ${JSON.stringify(new URL("../../src/ioredis/index.ts", import.meta.url).href)};
    const { host, port } = ${JSON.stringify({ host: server.host, port: server.port })};
    ${script}`;
  const args = ["--conditions=@fleet/source", "--input-type=module", "--eval", source];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
  return stdout + stderr;
}

describe("closing", () => {
  test("what is under way is answered, what comes is refused", async () => {
    await using pool = openPool(server);
    const lease = await pool.exclusive.acquire();
    await pool.ready();
    const slow = pool.shared.send(["DEBUG", "SLEEP", "0.1"]);
    const batch = pool.shared.batch(
      [
        ["ECHO", "a"],
        ["ECHO", "b"],
      ],
      { atomic: true },
    );
    const closed = pool.close();
    for (const call of [
      pool.shared.send(["PING"]),
      pool.shared.batch([["PING"]]),
      pool.exclusive.acquire(),
      pool.ready(),
    ])
      expect(await errorOf(call)).toBeInstanceOf(PoolClosedError);
    await expect(slow).resolves.toBe("OK");
    await expect(batch).resolves.toEqual([{ value: "a" }, { value: "b" }]);
    await expect(lease.connection.echo("still mine")).resolves.toBe("still mine");
    await lease.release();
    await closed;
    expect(pool.shared.state).toBe("closed");
    await eventually(async () =>
      expect(await server.call("CLIENT", "LIST", "TYPE", "normal")).not.toContain("name=fleet:test:"),
    );
  });

  test("when the grace is over, what hangs is ended: nobody knows whether it was executed", async () => {
    await using hung = await startRedis();
    const clock = new FakeClock();
    await using pool = openPool(hung, { clock });
    const lease = await pool.exclusive.acquire();
    await pool.ready();
    hung.pause();
    const calls = [
      errorOf(pool.shared.send(["INCR", "n"])),
      errorOf(pool.shared.batch([["INCR", "n"]])),
      errorOf(lease.connection.ping()),
    ];
    let isClosed = false;
    const closing = pool.close({ graceMs: 100 }).finally(() => (isClosed = true));
    await clock.advance(99);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    const [send, batch, leased] = await Promise.all(calls);
    expect(isLost(send, "unknown")).toBe(true);
    expect(isLost(batch, "unknown")).toBe(true);
    expect(isLost(leased, "unknown")).toBe(true);
    expect(leased!.message).toBe("test: Connection is closed.");
    expect(lease.lost).toBe(true);
    hung.resume();
  });

  test("twice is once, and a pool that was never used closes too", async () => {
    const pool = openPool(server);
    const [first, second] = [pool.close(), pool.close()];
    await Promise.all([first, second]);
    await pool[Symbol.asyncDispose]();
    await expect(pool.shared.send(["PING"])).rejects.toBeInstanceOf(PoolClosedError);
  });

  test("during a dial: who waits is refused, and nothing is dialed any more", async () => {
    await using proxy = await startFaultProxy(server);
    proxy.inject({ kind: "blackhole" });
    // The clock stands still: nothing is waited for until its deadline.
    const pool = openPool(proxy, { clock: new FakeClock() });
    const waiting = [pool.shared.send(["PING"]), pool.ready(), pool.exclusive.acquire()].map((call) =>
      errorOf(call),
    );
    await eventually(() => expect(proxy.connections).toBe(2));
    await pool.close();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(PoolClosedError);
    proxy.heal();
    await eventually(() => expect(proxy.connections).toBe(0));
    expect(pool.stats.shared.dials).toBe(1);
  });

  test("during a pause between dials, too", async () => {
    await using gone = await startRedis();
    await gone.kill();
    const pool = openPool(gone);
    await errorOf(pool.ready());
    await errorOf(pool.exclusive.acquire());
    const ready = errorOf(pool.ready());
    await pool.close();
    expect(await ready).toBeInstanceOf(PoolClosedError);
    expect(pool.shared.state).toBe("closed");
  });

  test("leaves no timer, no socket, nothing that keeps a process", async () => {
    const printed = await run(`
      // The pipes are this script's own output.
      const resources = () => process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap");
      const before = resources();
      const pool = new RedisPool({ name: "p", host, port });
      await Promise.all(Array.from({ length: 200 }, () => pool.shared.send(["PING"])));
      await pool.exclusive.use(async (redis) => { await redis.watch("k"); await redis.select(3); });
      const lease = await pool.exclusive.acquire();
      const lost = new RedisPool({ name: "q", host, port: 1 });
      await lost.shared.send(["PING"]).catch((error) => console.log(error.code));
      await lost.exclusive.acquire().catch((error) => console.log(error.code));
      await Promise.all([pool.close({ graceMs: 20 }), lost.close()]);
      console.log(JSON.stringify({ before, after: resources() }));
    `);
    const failed = "FLEET_POOL_CONNECT_FAILED";
    expect(printed.trim().split("\n")).toEqual([failed, failed, '{"before":[],"after":[]}']);
  });
});

test("ioredis prints nothing, whatever goes wrong", async () => {
  const printed = await run(`
    import { createServer } from "node:net";
    const rude = createServer((socket) => socket.end("-ERR max number of clients reached\\r\\n")).listen(0, "127.0.0.1");
    await new Promise((listening) => rude.once("listening", listening));
    for (const options of [
      { host, port: 1 },
      { host, port: rude.address().port },
      { host: "nobody.invalid", port },
      { host, port, credentials: async () => ({ username: "nobody", password: "wrong" }) },
      { host, port, tls: () => ({}) , dialTimeoutMs: 200 },
    ]) {
      const pool = new RedisPool({ name: "p", ...options });
      await Promise.allSettled([pool.ready(), pool.exclusive.acquire(), pool.shared.send(["PING"])]);
      await pool.close();
    }
    rude.close();
  `);
  expect(printed).toBe("");
});

test("the channels and stats tell what became of the connection", async () => {
  await using proxy = await startFaultProxy(server);
  const told: unknown[] = [];
  const note = (message: unknown): void => void told.push(message);
  channel("fleet:pool:connection").subscribe(note);
  await using pool = openPool(proxy, { name: "told" });
  await pool.ready();
  proxy.inject({ kind: "reply", k: 1, do: "reset" });
  await errorOf(pool.shared.send(["PING"]));
  await pool.ready();
  await pool.shared.send(["PING"]);
  await pool.shared.batch([["PING"], ["PING"]]);
  channel("fleet:pool:connection").unsubscribe(note);
  expect(told).toEqual([
    { name: "told", lane: "shared", event: "open" },
    { name: "told", lane: "shared", event: "closed", code: "ECONNRESET" },
    { name: "told", lane: "shared", event: "open" },
  ]);
  expect(pool.stats.shared).toMatchObject({
    state: "ready",
    inFlight: 0,
    waiting: 0,
    bytesInFlight: 0,
    commands: 4,
    batches: 1,
    dials: 2,
    failedDials: 0,
    losses: 1,
    timeouts: 0,
    exhausted: 0,
  });
  expect(pool.stats.shared.latencyMaxMs).toBeGreaterThan(0);
  expect(pool.stats.shared.latencyAverageMs).toBeLessThanOrEqual(pool.stats.shared.latencyMaxMs);
});

test("health follows a server that stops to answer and comes back", async () => {
  await using hung = await startRedis();
  await using pool = openPool(hung, {
    healthCheckIntervalMs: 50,
    commandTimeoutMs: 100,
    dialTimeoutMs: 100,
  });
  await pool.ready();
  expect(pool.health).toMatchObject({ status: "healthy", consecutiveFailures: 0 });
  expect(pool.health.latencyMs).toBeGreaterThan(0);
  hung.pause();
  await eventually(() => expect(pool.health).toMatchObject({ status: "unhealthy" }));
  expect(pool.health.lastError).toMatch(/^FLEET_POOL_/);
  hung.resume();
  await eventually(() => expect(pool.health).toMatchObject({ status: "healthy", consecutiveFailures: 0 }));
});
