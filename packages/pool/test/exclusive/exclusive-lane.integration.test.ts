import { eventually, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { type ChainableCommander, Command as IoredisCommand, type Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { LeaseReleasedError } from "../../src/index.ts";
import { openPool } from "../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

function bind(kept: ChainableCommander): () => Promise<unknown> {
  return () => kept.exec();
}

/** What CLIENT INFO says of the connection itself. */
async function stateOf(redis: Redis): Promise<Record<string, string>> {
  const info = await redis.client("INFO");
  return Object.fromEntries(
    info
      .trim()
      .split(" ")
      .map((pair) => pair.split("=") as [string, string]),
  );
}

describe("the next borrower is clean after", () => {
  // An open MULTI shows as the flag x. The field multi says no more: outside of MULTI it is -1 on Redis, 0 or -1 on Valkey.
  const clean = { db: "0", sub: "0", psub: "0", flags: "N" };

  test.for<[string, "reused" | "replaced", (redis: Redis) => Promise<unknown> | void]>([
    ["nothing", "reused", () => undefined],
    ["ordinary commands", "reused", (redis) => redis.multi().set("k", "1").get("k").exec()],
    ["WATCH", "reused", (redis) => redis.watch("watched")],
    ["WATCH by call()", "reused", (redis) => redis.call("WATCH", "watched")],
    ["WATCH in a pipeline", "reused", (redis) => redis.pipeline([["watch", "watched"]]).exec()],
    [
      "WATCH and an open MULTI",
      "reused",
      async (redis) => {
        await redis.watch("watched");
        await redis.multi({ pipeline: false });
        await redis.set("k", "never");
      },
    ],
    [
      "WATCH that EXEC ended",
      "reused",
      async (redis) => {
        await redis.watch("watched");
        await redis.multi({ pipeline: false });
        await redis.exec();
      },
    ],
    [
      "WATCH after a MULTI that never opened",
      "reused",
      async (redis) => {
        await redis.watch("watched");
        await redis.call("MULTI", "too", "many").catch(() => undefined);
      },
    ],
    ["SELECT 5", "reused", (redis) => redis.select(5)],
    ["SELECT by call()", "reused", (redis) => redis.call("SELECT", "5")],
    ["Select by call()", "reused", (redis) => redis.call("Select", "5")],
    ["SELECT in a pipeline", "reused", (redis) => redis.pipeline().call("SELECT", "5").exec()],
    ["SELECT in a transaction", "reused", (redis) => redis.multi().call("SELECT", "5").exec()],
    [
      "SELECT in a transaction that is left open",
      "reused",
      async (redis) => {
        await redis.multi({ pipeline: false });
        await redis.call("SELECT", "5");
      },
    ],
    [
      "SELECT there and back",
      "reused",
      async (redis) => {
        await redis.select(5);
        await redis.call("SELECT", "0");
      },
    ],
    ["SELECT in a script", "reused", (redis) => redis.eval("return redis.call('SELECT', 5)", 0)],
    [
      "SELECT in a function",
      "reused",
      async (redis) => {
        const code = "redis.register_function('go', function() return redis.call('SELECT', 5) end)";
        await redis.call("FUNCTION", "LOAD", "REPLACE", `#!lua name=leave\n${code}`);
        await redis.call("FCALL", "go", "0");
      },
    ],
    [
      "WATCH and an EXEC that failed",
      "reused",
      async (redis) => {
        await redis.watch("watched");
        await redis.call("EXEC").catch(() => undefined);
      },
    ],
    [
      "MULTI and an EXEC that the server refused",
      "reused",
      async (redis) => {
        await redis.multi({ pipeline: false });
        await redis.call("EXEC", "too", "many").catch(() => undefined);
      },
    ],
    ["CLIENT REPLY SKIP", "replaced", (redis) => void redis.call("client", "reply", "skip").catch(() => 0)],
    ["CLIENT REPLY OFF", "replaced", (redis) => void redis.call("CLIENT", "REPLY", "OFF").catch(() => 0)],
    ["CLIENT SETNAME", "replaced", (redis) => redis.call("CLIENT", "SETNAME", "fleet:test:exclusive:mine")],
    ["CLIENT NO-TOUCH", "replaced", (redis) => redis.call("CLIENT", "no-touch", "on").catch(() => undefined)],
    ["SCRIPT DEBUG YES", "replaced", (redis) => redis.call("SCRIPT", "DEBUG", "YES")],
    ["script debug sync", "replaced", (redis) => redis.call("script", Buffer.from("debug"), "sync")],
    ["READONLY", "replaced", (redis) => redis.readonly().catch(() => undefined)],
    ["ASKING", "replaced", (redis) => redis.asking().catch(() => undefined)],
    ["AUTH", "replaced", (redis) => redis.auth("default", "any")],
    [
      "bytes written past ioredis",
      "replaced",
      async (redis) => {
        await redis.ping();
        redis.stream.write("*2\r\n$6\r\nSELECT\r\n$1\r\n5\r\n");
      },
    ],
    ["its own listeners removed", "replaced", (redis) => void redis.removeAllListeners("error")],
    ["the socket's listeners removed", "replaced", (redis) => void redis.stream.removeAllListeners("close")],
    ["CLIENT LIST", "reused", (redis) => redis.client("LIST")],
    ["SUBSCRIBE", "replaced", (redis) => redis.subscribe("channel")],
    [
      "SUBSCRIBE and UNSUBSCRIBE",
      "replaced",
      async (redis) => {
        await redis.subscribe("channel");
        await redis.unsubscribe("channel");
      },
    ],
    ["PSUBSCRIBE", "replaced", (redis) => redis.psubscribe("*")],
    ["CLIENT TRACKING", "replaced", (redis) => redis.client("TRACKING", "ON", "BCAST")],
    ["CLIENT NO-EVICT", "replaced", (redis) => redis.client("NO-EVICT", "ON")],
    ["RESET", "replaced", (redis) => redis.call("RESET")],
    ["HELLO 3", "replaced", (redis) => redis.call("HELLO", "3")],
    ["MONITOR", "replaced", (redis) => redis.call("MONITOR")],
    ["QUIT", "replaced", (redis) => redis.quit()],
    [
      "a reply that is still due",
      "replaced",
      (redis) => void redis.blpop("nothing", 0).catch(() => undefined),
    ],
    ["disconnect()", "replaced", (redis) => redis.disconnect()],
  ])("%s: the connection is %s", async ([, fate, work]) => {
    await using pool = openPool(server, { exclusive: { max: 1 } });
    const first = await pool.exclusive.acquire();
    const id = await first.connection.client("ID");
    await work(first.connection);
    await first.release();

    await using second = await pool.exclusive.acquire();
    expect((await second.connection.client("ID")) === id).toBe(fate === "reused");
    expect(await stateOf(second.connection)).toMatchObject(clean);
    // A watch left behind would let the next transaction fail: somebody else changes the key.
    await server.call("SET", "watched", "by another");
    await expect(second.connection.multi().set("k", "mine").exec()).resolves.toEqual([[null, "OK"]]);
    await eventually(async () => {
      const list = String(await server.call("CLIENT", "LIST", "TYPE", "normal"));
      expect(list.match(/name=fleet:test:exclusive/g)).toHaveLength(1);
    });
  });

  test("listeners: a borrower's are removed, the connection's own stay", async () => {
    await using pool = openPool(server, { exclusive: { max: 1 } });
    const first = await pool.exclusive.acquire();
    const { connection } = first;
    const own = connection.listenerCount("error");
    const listener = (): void => undefined;
    connection.on("message", listener);
    connection.on("error", listener);
    connection.once("close", listener);
    await first.release();
    await using second = await pool.exclusive.acquire();
    expect(second.connection.listenerCount("message")).toBe(0);
    expect(second.connection.listenerCount("close")).toBe(0);
    expect(second.connection.listenerCount("error")).toBe(own);
    expect(pool.stats.exclusive.dials).toBe(1);
  });

  test("what a borrower sets on the connection object is not there for the next one", async () => {
    await using pool = openPool(server, { exclusive: { max: 1 } });
    await pool.exclusive.use(async (redis) => {
      redis.defineCommand("mine", { numberOfKeys: 0, lua: "return 'mine'" });
      expect(await (redis as unknown as { mine(): Promise<string> }).mine()).toBe("mine");
      expect(await redis.pipeline([["mine"]]).exec()).toEqual([[null, "mine"]]);
      redis.options.keyPrefix = "prefix:";
      await redis.set("prefixed", "1");
      redis.get = () => Promise.resolve("replaced");
      expect(await redis.get("any")).toBe("replaced");
    });
    await expect(server.call("GET", "prefix:prefixed")).resolves.toBe("1");
    await pool.exclusive.use(async (redis) => {
      expect(redis).not.toHaveProperty("mine");
      expect(redis.options.keyPrefix).not.toBe("prefix:");
      expect(await redis.get("prefix:prefixed")).toBe("1");
    });
    expect(pool.stats.exclusive.dials).toBe(1);
  });
});

describe("a lease", () => {
  test("dies with its socket: what WATCH protected is not written by a connection that came later", async () => {
    await using proxy = await startFaultProxy(server);
    await using pool = openPool(proxy);
    const lease = await pool.exclusive.acquire();
    const { connection } = lease;
    await server.call("SET", "balance", "100");
    await connection.watch("balance");
    proxy.cut();
    await server.call("SET", "balance", "7");
    await expect(connection.multi().set("balance", "99").exec()).rejects.toThrow(
      /Connection is closed|isn't writeable/,
    );
    await eventually(() => expect(lease.lost).toBe(true));
    await expect(connection.ping()).rejects.toThrow("Connection is closed.");
    await lease.release();
    await expect(server.call("GET", "balance")).resolves.toBe("7");
    await expect(pool.exclusive.use((redis) => redis.get("balance"))).resolves.toBe("7");
    expect(pool.stats.exclusive).toMatchObject({ losses: 1, total: 1 });
  });

  test("gives no connection after its release", async () => {
    await using pool = openPool(server);
    const lease = await pool.exclusive.acquire();
    await lease.release();
    expect(() => lease.connection).toThrow(LeaseReleasedError);
  });

  test.for<[string, (redis: Redis) => () => unknown]>([
    ["the connection", (redis) => () => redis.unwatch()],
    ["a property of it", (redis) => () => redis.status],
    ["call()", (redis) => () => redis.call("UNWATCH")],
    ["a bound method", (redis) => redis.unwatch.bind(redis)],
    [
      "sendCommand()",
      (redis) => {
        const send = redis.sendCommand.bind(redis);
        return () => send(new IoredisCommand("unwatch", []));
      },
    ],
    ["a pipeline", (redis) => bind(redis.pipeline().unwatch())],
    ["a transaction", (redis) => bind(redis.multi().set("kept", "1"))],
    ["select()", (redis) => () => redis.select(3)],
    ["disconnect()", (redis) => redis.disconnect.bind(redis)],
    ["on()", (redis) => redis.on.bind(redis, "message", () => undefined)],
    ["setting an option", (redis) => () => (redis.options = {})],
    [
      "a defined command",
      (redis) => {
        redis.defineCommand("mine", { numberOfKeys: 0, lua: "return redis.call('DEL', 'watched')" });
        const owner = redis as unknown as { mine(): Promise<unknown> };
        return owner.mine.bind(owner);
      },
    ],
  ])("ends for what was kept of it, too: %s throws and sends nothing", async ([, keep]) => {
    await using pool = openPool(server, { exclusive: { max: 1 } });
    const first = await pool.exclusive.acquire();
    const kept = keep(first.connection);
    await first.release();
    await using second = await pool.exclusive.acquire();
    await second.connection.watch("watched");
    expect(kept).toThrow(LeaseReleasedError);
    // The watch of the next borrower stands.
    await server.call("SET", "watched", "by another");
    await expect(second.connection.multi().set("k", "mine").exec()).resolves.toBeNull();
    expect(await stateOf(second.connection)).toMatchObject({ db: "0" });
    expect(pool.stats.exclusive.dials).toBe(1);
  });

  test("is one connection for one caller: interactive transactions do not meet", async () => {
    await using pool = openPool(server, { exclusive: { max: 4 } });
    await server.call("SET", "shared counter", "0");
    const increment = (): Promise<unknown> =>
      pool.exclusive.use(async (redis) => {
        for (;;) {
          await redis.watch("shared counter");
          const value = Number(await redis.get("shared counter"));
          const done = await redis
            .multi()
            .set("shared counter", value + 1)
            .exec();
          if (done !== null) return;
        }
      });
    await Promise.all(Array.from({ length: 40 }, increment));
    await expect(server.call("GET", "shared counter")).resolves.toBe("40");
    expect(pool.stats.exclusive.dials).toBeLessThanOrEqual(4);
  });
});

test("connections that the server closes for their idleness are seen by no borrower", async () => {
  await using strict = await startRedis({ config: { timeout: 1 } });
  await using pool = openPool(strict, { exclusive: { max: 2 } });
  const leases = [await pool.exclusive.acquire(), await pool.exclusive.acquire()];
  for (const lease of leases) await lease.release();
  await eventually(() => expect(pool.stats.exclusive).toMatchObject({ idle: 0, losses: 2 }), {
    timeoutMs: 10_000,
  });
  await expect(pool.exclusive.use((redis) => redis.ping())).resolves.toBe("PONG");
});

test("a server that is gone tells the acquiring caller why", async () => {
  await using mortal = await startRedis();
  await using pool = openPool(mortal);
  await mortal.kill();
  await expect(pool.exclusive.acquire()).rejects.toMatchObject({
    code: "FLEET_POOL_CONNECT_FAILED",
    cause: { code: "ECONNREFUSED" },
  });
});

test("integers and text on a leased connection are as ioredis has them", async () => {
  await using pool = openPool(server);
  await pool.exclusive.use(async (redis) => {
    await redis.set("n", "41");
    expect(await redis.incr("n")).toBe(42);
    await redis.hset("h", "f", "v");
    expect(await redis.hgetall("h")).toEqual({ f: "v" });
    await redis.zadd("z", 1.5, "m");
    expect(await redis.zscore("z", "m")).toBe("1.5");
  });
});
