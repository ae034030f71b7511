import { channel } from "node:diagnostics_channel";
import { inspect } from "node:util";

import { FakeClock, eventually, startFaultProxy, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { AuthenticationError } from "../../../src/index.ts";
import { RedisPool } from "../../../src/ioredis/index.ts";
import { errorOf, openPool } from "../../pool-scene.ts";

const canary = "CANARY-b7c1e2-PASSWORD";

/** Everything that a log, a crash dump or a page could show of a value. */
function everythingIn(value: unknown): string {
  const shown = inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null });
  const json = (): string => {
    try {
      return JSON.stringify(value) ?? "";
    } catch {
      return "";
    }
  };
  return `${shown}\n${json()}\n${String(value)}\n${(value as Error)?.stack ?? ""}`;
}

describe("a server that wants to know who asks", () => {
  test("by password", async () => {
    await using server = await startRedis({ password: canary });
    await using pool = openPool(server, { credentials: async () => ({ password: canary }) });
    await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
    await expect(pool.exclusive.use((redis) => redis.ping())).resolves.toBe("PONG");
  });

  test("by ACL user, who is the one that the server sees, on both lanes", async () => {
    await using server = await startRedis({ acl: [`user ada on >${canary} ~* +@all`, "user default off"] });
    await using pool = openPool(server, { credentials: async () => ({ username: "ada", password: canary }) });
    await expect(pool.shared.send(["ACL", "WHOAMI"])).resolves.toBe("ada");
    await expect(pool.exclusive.use((redis) => redis.acl("WHOAMI"))).resolves.toBe("ada");
  });

  test("a user who may neither PING nor name his connection is connected, and healthy", async () => {
    await using server = await startRedis({ acl: [`user poor on >${canary} ~* -@all +get`] });
    await using pool = openPool(server, {
      credentials: async () => ({ username: "poor", password: canary }),
      healthCheckIntervalMs: 20,
    });
    await expect(pool.shared.send(["GET", "k"])).resolves.toBeNull();
    await expect(pool.shared.send(["SET", "k", "v"])).rejects.toMatchObject({ prefix: "NOPERM" });
    const { lastCheckAt } = pool.health;
    await eventually(() => expect(pool.health.lastCheckAt).toBeGreaterThan(lastCheckAt ?? Infinity));
    expect(pool.health.status).toBe("healthy");
  });

  test("over TLS, with the name of its certificate", async () => {
    await using server = await startRedis({ tls: true, password: canary });
    const { ca } = server.tls!;
    await using pool = openPool(server, {
      credentials: async () => ({ password: canary }),
      tls: async () => ({ ca, servername: "localhost" }),
    });
    await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
    await expect(pool.exclusive.use((redis) => redis.ping())).resolves.toBe("PONG");
  });

  test("a certificate that nobody vouches for ends the dial, and says so", async () => {
    await using server = await startRedis({ tls: true });
    await using pool = openPool(server, { tls: () => ({ servername: "localhost" }) });
    await expect(pool.ready()).rejects.toMatchObject({
      code: "FLEET_POOL_CONNECT_FAILED",
      cause: { code: expect.stringMatching(/CERT|SIGNED|ISSUER/) },
    });
    await using other = openPool(server, { tls: () => ({ ca: server.tls!.ca, servername: "elsewhere" }) });
    await expect(other.ready()).rejects.toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
  });
});

describe("refused", () => {
  test.for([
    ["a wrong password", { password: "wrong" }, "WRONGPASS"],
    ["no password", undefined, "NOAUTH"],
    ["an unknown user", { username: "nobody", password: canary }, "WRONGPASS"],
  ] as const)("%s is an AuthenticationError for both lanes", async ([, given, text]) => {
    await using server = await startRedis({ password: canary });
    await using pool = openPool(server, { credentials: async () => given });
    const calls = [pool.ready(), pool.shared.send(["PING"]), pool.exclusive.acquire()];
    for (const error of await Promise.all(calls.map((call) => errorOf(call)))) {
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ outcome: "not-sent", message: expect.stringContaining(text) });
    }
    expect(pool.health).toMatchObject({ status: "unhealthy", lastError: "FLEET_POOL_AUTHENTICATION" });
  });

  test("a password where the server knows none is refused too: it is not the server one thinks it is", async () => {
    await using server = await startRedis();
    await using pool = openPool(server, { credentials: async () => ({ password: canary }) });
    await expect(pool.ready()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test("a user name without a password is no login: the call does not run as the default user", async () => {
    await using server = await startRedis({ acl: ["user alice on nopass ~* +@all"] });
    await using pool = openPool(server, { credentials: async () => ({ username: "alice" }) });
    for (const call of [pool.shared.send(["ACL", "WHOAMI"]), pool.exclusive.acquire()])
      await expect(call).rejects.toMatchObject({
        code: "FLEET_POOL_AUTHENTICATION",
        message: expect.stringContaining("answered no { password: string, username?: string }"),
      });
  });

  test("it is tried again once a second at most, and each time the provider is asked", async () => {
    await using server = await startRedis({ password: canary });
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    let asked = 0;
    await using pool = openPool(proxy, {
      clock,
      credentials: async () => {
        asked += 1;
        return { password: "wrong" };
      },
    });
    await errorOf(pool.ready());
    for (let tenths = 0; tenths < 15; tenths += 1) {
      await clock.advance(100);
      await eventually(() => expect(pool.shared.state).toBe("backoff"));
    }
    expect(asked).toBe(2);
    expect(proxy.history.filter(({ event }) => event === "opened")).toHaveLength(2);
  });

  test("a provider that fails, or hangs, fails the dial; its words stay with it", async () => {
    await using server = await startRedis();
    await using failing = openPool(server, { credentials: () => Promise.reject(new Error(`no ${canary}`)) });
    const error = await errorOf(failing.ready());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(everythingIn(error)).not.toContain(canary);
    await using hanging = openPool(server, {
      credentials: () => new Promise(() => undefined),
      dialTimeoutMs: 50,
    });
    await expect(hanging.ready()).rejects.toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED" });
  });
});

test("after a rotation new connections use the new password, old ones live on", async () => {
  await using server = await startRedis({ password: "old" });
  let password = "old";
  await using pool = openPool(server, { credentials: async () => ({ password }) });
  await pool.ready();
  await using before = await pool.exclusive.acquire();
  await before.connection.config("SET", "requirepass", "new");
  password = "new";
  await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
  await expect(before.connection.ping()).resolves.toBe("PONG");
  await using after = await pool.exclusive.acquire();
  await expect(after.connection.ping()).resolves.toBe("PONG");
  await before.connection.call("CLIENT", "KILL", "TYPE", "normal");
  await eventually(() => expect(pool.stats.shared.losses).toBe(1));
  await pool.ready();
  await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
});

test("a password and a value are in no error, no message, no stats, no connection that is lent", async () => {
  await using server = await startRedis({ password: canary });
  await using proxy = await startFaultProxy(server);
  const told: unknown[] = [];
  const note = (message: unknown): void => void told.push(message);
  const names = [
    "fleet:pool:connection",
    "fleet:pool:acquire",
    "fleet:pool:health",
    "tracing:ioredis:command:start",
  ];
  const channels = names.map((name) => channel(name));
  for (const each of channels) each.subscribe(note);
  let password = canary;
  await using pool = new RedisPool({
    name: "secrets",
    host: proxy.host,
    port: proxy.port,
    credentials: async () => ({ username: "default", password }),
    commandTimeoutMs: 100,
    maxInFlight: 4,
    exclusive: { max: 1, maxWaiters: 0 },
  });
  await pool.ready();
  const value = `CANARY-VALUE-${canary}`;
  const { shared } = pool;
  const errors = [
    await errorOf(shared.send(["SET", "k", value, value])),
    await errorOf(
      shared.batch(
        [
          ["SET", "k", value],
          ["SET", value],
        ],
        { atomic: true },
      ),
    ),
    await errorOf(shared.send(["SUBSCRIBE", value])),
    await errorOf(shared.batch(Array.from({ length: 5 }, () => ["SET", "k", value] as const))),
    await errorOf(shared.send(["SET", "k", value, { toString: () => value } as unknown as string])),
  ];
  await using lease = await pool.exclusive.acquire();
  errors.push(await errorOf(pool.exclusive.acquire()));
  const shown = [pool, pool.stats, pool.health, lease, lease.connection];
  proxy.inject({ kind: "blackhole" });
  errors.push(await errorOf(shared.send(["SET", "k", value])));
  proxy.heal();
  password = `${canary}-wrong`;
  const cut = errorOf(shared.send(["SET", "k", value], { deadline: performance.now() + 5000 }));
  proxy.cut();
  errors.push(await cut);
  errors.push(await errorOf(pool.ready()));
  errors.push(await errorOf(shared.send(["SET", "k", value])));
  for (const each of channels) each.unsubscribe(note);
  expect(errors.map(({ name }) => name)).toEqual([
    "ReplyError",
    "ReplyError",
    "WrongLaneError",
    "PoolExhaustedError",
    "TypeError",
    "PoolExhaustedError",
    "CommandTimeoutError",
    "ConnectionError",
    "AuthenticationError",
    "AuthenticationError",
  ]);
  expect(told.length).toBeGreaterThan(3);
  for (const each of [...errors, ...shown, ...told]) expect(everythingIn(each)).not.toContain("CANARY");
});
