import { once } from "node:events";
import { createServer, type Socket } from "node:net";

import { eventually, FakeClock, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { CommandTimeoutError, ConnectionError } from "../src/index.ts";
import { errorOf, isLost, openPool } from "./pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

/** A server that takes connections and does with them what the test wants. */
async function listen(
  accept: (socket: Socket) => void,
): Promise<AsyncDisposable & { host: string; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    // Unread, the end of a connection would go unnoticed.
    socket.resume();
    socket.on("error", () => undefined);
    accept(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, "close");
  };
  return { host: "127.0.0.1", port, sockets, [Symbol.asyncDispose]: dispose };
}

describe("a write whose connection dies", () => {
  test("is executed once at most, never again, and its caller is told that nobody knows", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy);
    await pool.ready();
    // The server executes it; the reply finds the connection gone.
    proxy.inject({ kind: "reply", k: 1, do: "reset" });
    const error = await errorOf(pool.shared.send(["INCR", "n"]));
    expect(isLost(error, "unknown")).toBe(true);
    expect(error.cause).toMatchObject({ code: "ECONNRESET" });
    await pool.ready();
    await expect(pool.shared.send(["GET", "n"])).resolves.toBe("1");
    await expect(server.call("GET", "n")).resolves.toBe("1");
  });

  test("settles for everybody: each of 500 in flight, batches as one", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy);
    await pool.ready();
    proxy.inject({ kind: "blackhole" }, { direction: "reply" });
    const calls = Array.from({ length: 500 }, (_, index) =>
      index % 10 === 0
        ? pool.shared.batch([
            ["INCR", "n"],
            ["INCR", "n"],
          ])
        : pool.shared.send(["INCR", "n"]),
    );
    await eventually(async () => expect(await server.call("GET", "n")).toBe("550"));
    proxy.cut();
    const errors = await Promise.all(calls.map((call) => errorOf(call)));
    expect(errors.filter((error) => isLost(error, "unknown"))).toHaveLength(500);
    proxy.heal();
    await pool.ready();
    await expect(pool.shared.send(["GET", "n"])).resolves.toBe("550");
  });

  test("whose reply is dropped on the way is executed once, times out, and shifts nobody else's replies", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy, { commandTimeoutMs: 100 });
    await pool.ready();
    proxy.inject({ kind: "reply", k: 1, do: "drop" });
    const error = await errorOf(pool.shared.send(["INCR", "n"]));
    expect(error).toBeInstanceOf(CommandTimeoutError);
    expect(error).toMatchObject({ outcome: "unknown" });
    const calls = Array.from({ length: 20 }, (_, index) => pool.shared.send(["ECHO", `mine ${index}`]));
    const ends = await Promise.allSettled(calls);
    const foreign = ends.filter((end, index) => end.status === "fulfilled" && end.value !== `mine ${index}`);
    expect(foreign).toEqual([]);
    await eventually(() => expect(pool.stats.shared).toMatchObject({ losses: 1, state: "ready" }));
    await expect(pool.shared.send(["GET", "n"])).resolves.toBe("1");
  });

  test("after a reply that is no RESP, nothing on that connection is believed any more", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy);
    await pool.ready();
    proxy.inject({ kind: "reply", k: 2, do: "corrupt" });
    const ends = await Promise.allSettled(["a", "b", "c"].map((word) => pool.shared.send(["ECHO", word])));
    expect(ends[0]).toEqual({ status: "fulfilled", value: "a" });
    for (const end of ends.slice(1))
      expect(isLost((end as PromiseRejectedResult).reason, "unknown")).toBe(true);
    await pool.ready();
    await expect(pool.shared.send(["ECHO", "again"])).resolves.toBe("again");
  });

  test("after a reply that nobody asked for, the connection is replaced", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy);
    await pool.ready();
    proxy.inject({ kind: "reply", k: 1, do: { inject: "+one\r\n+two" } });
    await expect(pool.shared.send(["PING"])).resolves.toBe("one");
    await eventually(() => expect(pool.stats.shared).toMatchObject({ losses: 1, state: "ready" }));
    await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
  });
});

describe("a dial", () => {
  test("ends with its deadline where a server accepts and says nothing, and its socket is gone", async () => {
    let closed = 0;
    await using silent = await listen((socket) => socket.on("close", () => (closed += 1)));
    const clock = new FakeClock();
    await using pool = openPool(silent, { dialTimeoutMs: 150, clock });
    const waiting = errorOf(pool.shared.send(["PING"]));
    const ready = errorOf(pool.ready());
    await clock.advance(149);
    expect(pool.shared.state).toBe("connecting");
    await clock.advance(1);
    const error = await ready;
    expect(error).toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED", outcome: "not-sent" });
    expect(await waiting).toBe(error);
    expect(pool.shared.state).toBe("backoff");
    await eventually(() => expect(closed).toBe(1));
  });

  test("a command that waits for it leaves at its own deadline: it was never sent", async () => {
    await using silent = await listen(() => undefined);
    await using pool = openPool(silent, { commandTimeoutMs: 60 });
    await expect(pool.shared.send(["INCR", "n"])).rejects.toMatchObject({
      code: "FLEET_POOL_COMMAND_TIMEOUT",
      outcome: "not-sent",
    });
    await expect(pool.shared.batch([["INCR", "n"], ["PING"]])).rejects.toMatchObject({ outcome: "not-sent" });
    expect(pool.stats.shared).toMatchObject({ waiting: 0, bytesInFlight: 0 });
  });

  test("that is refused is told with the socket's reason; what comes during the pause fails at once", async () => {
    await using gone = await startRedis();
    await gone.kill();
    // The clock stands still: the pause does not end, and nothing times out.
    await using pool = openPool(gone, { clock: new FakeClock() });
    const first = await errorOf(pool.shared.send(["PING"]));
    expect(first).toBeInstanceOf(ConnectionError);
    expect(first).toMatchObject({
      code: "FLEET_POOL_CONNECT_FAILED",
      outcome: "not-sent",
      cause: { code: "ECONNREFUSED" },
    });
    await expect(pool.shared.send(["PING"])).rejects.toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED" });
    await expect(pool.shared.batch([["PING"]])).rejects.toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED" });
    expect(pool.health).toMatchObject({ status: "unhealthy", lastError: "FLEET_POOL_CONNECT_FAILED" });
  });

  test.for(["LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down"])(
    "does not end ready at a server that answers %s",
    async (reply) => {
      await using proxy = await startFaultProxy(server);
      await using pool = openPool(proxy);
      // The first reply is CLIENT SETNAME's, the second PING's.
      proxy.inject({ kind: "reply", k: 2, do: { inject: `-${reply}` } });
      await expect(pool.ready()).rejects.toMatchObject({
        code: "FLEET_POOL_CONNECT_FAILED",
        message: expect.stringContaining(reply),
      });
      await expect(pool.ready()).resolves.toBeUndefined();
    },
  );

  test("is not repeated without end: a server that drops every connection sees few of them", async () => {
    await using rude = await listen((socket) => socket.destroy());
    const clock = new FakeClock();
    await using pool = openPool(rude, {
      reconnectMinDelayMs: 8,
      reconnectMaxDelayMs: 400,
      random: () => 0.5,
      clock,
    });
    await errorOf(pool.ready());
    for (let ms = 0; ms < 1000; ms += 4) {
      await clock.advance(4);
      await eventually(() => expect(pool.shared.state).toBe("backoff"), { intervalMs: 1 });
    }
    // Half of 8, 16, 32, 64, 128, 256, 400, 400, 400... fits 9 times into a second.
    expect(pool.stats.shared.dials).toBe(1 + 9);
  });

  test("a server that accepts, answers and drops is not dialed in a hot loop either", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy, { reconnectMaxDelayMs: 400, random: () => 0.5 });
    const until = performance.now() + 1000;
    while (performance.now() < until) {
      await pool.ready().catch(() => undefined);
      const { losses } = pool.stats.shared;
      proxy.cut();
      await eventually(() => expect(pool.stats.shared.losses).toBe(losses + 1), { intervalMs: 1 });
    }
    expect(pool.stats.shared.dials).toBeLessThan(14);
  });
});

describe("healing", () => {
  test("a lost connection comes back without any traffic, and a killed server too", async () => {
    await using mortal = await startRedis();
    await using pool = openPool(mortal);
    await pool.ready();
    await mortal.call("CLIENT", "KILL", "TYPE", "normal");
    await eventually(() => expect(pool.stats.shared).toMatchObject({ losses: 1, state: "ready" }));
    await mortal.kill();
    await eventually(() => expect(pool.health.status).toBe("unhealthy"));
    expect(pool.shared.state).not.toBe("ready");
    await mortal.restart();
    await eventually(() => expect(pool.shared.state).toBe("ready"));
    expect(pool.health).toMatchObject({ status: "healthy", consecutiveFailures: 0 });
    await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
  });

  test("commands sent right after a loss wait for the new connection", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy, { random: () => 1 });
    await pool.ready();
    proxy.cut();
    await eventually(() => expect(pool.shared.state).toBe("connecting"), { intervalMs: 0 });
    await expect(pool.shared.send(["ECHO", "patient"])).resolves.toBe("patient");
  });

  test("a connection that the network forgot (half open) is found by the stall time", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy, { commandTimeoutMs: 50, stallTimeoutMs: 100, dialTimeoutMs: 100 });
    await pool.ready();
    proxy.inject({ kind: "halfOpen" });
    await expect(pool.shared.send(["PING"])).rejects.toBeInstanceOf(CommandTimeoutError);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
    proxy.heal();
    await eventually(() => expect(pool.shared.state).toBe("ready"));
  });

  test("replies that come in single bytes, or late, are whole and in order", async () => {
    await using proxy = await startFaultProxy(server);
    proxy.inject({ kind: "slicer", bytes: 1 });
    await using pool = openPool(proxy);
    await pool.ready();
    const words = Array.from({ length: 30 }, (_, index) => `漢字 ${index}`);
    await expect(Promise.all(words.map((word) => pool.shared.send(["ECHO", word])))).resolves.toEqual(words);
    await expect(pool.shared.send(["EVAL", "return {1, 'two', {}, -5}", "0"])).resolves.toEqual([
      1,
      "two",
      [],
      -5,
    ]);
  });
});
