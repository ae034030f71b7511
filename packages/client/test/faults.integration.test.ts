import { eventually, FakeClock, startFaultProxy, startRedis, startReplication } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet, Namespace } from "../src/index.ts";
import { endpoint, instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

/** How a call ended: what it threw. */
const thrown = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => expect.fail(`answered ${String(value)}`),
    (error: unknown) => error,
  );

describe("a write whose reply is lost", () => {
  test("was executed once, ends as unknown and is not sent again", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])], retries: 5 });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "reply", k: 1, do: "reset" });
    expect(await thrown(fleet.command(orders, ["INCR", "n"]))).toMatchObject({
      code: "FLEET_POOL_CONNECTION_LOST",
      outcome: "unknown",
    });
    expect(await redis.call("GET", "n")).toBe("1");
    expect(await fleet.command(orders, ["INCR", "n"])).toBe(2);
  });

  test("ends as unknown at its deadline when the reply never comes", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])], retries: 5 });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "reply", k: 1, do: "drop" });
    expect(await thrown(fleet.command(orders, ["INCR", "n"], { timeoutMs: 100 }))).toMatchObject({
      code: "FLEET_POOL_COMMAND_TIMEOUT",
      outcome: "unknown",
    });
    expect(await redis.call("GET", "n")).toBe("1");
  });

  test("a batch with a write in it is not sent again either", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])] });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "reply", k: 1, do: "reset" });
    const mixed = fleet.batch(orders, [
      ["GET", "x"],
      ["INCR", "n"],
    ]);
    expect(await thrown(mixed)).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" });
    expect(await redis.call("GET", "n")).toBe("1");
  });
});

describe("a read whose reply is lost", () => {
  test("is asked again, and so is a batch that only reads", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])] });
    await fleet.batch(orders, [
      ["SET", "x", "1"],
      ["SET", "n", "1"],
    ]);
    using channel = heard();
    proxy.inject({ kind: "reply", k: 2, do: "reset" });
    expect(
      await fleet.batch(orders, [
        ["GET", "x"],
        ["GET", "n"],
      ]),
    ).toEqual([{ value: "1" }, { value: "1" }]);
    expect(channel.messages).toMatchObject([{ command: "PIPELINE", attempts: 2, outcome: "ok" }]);
  });
});

describe("a reply that names no key of the caller", () => {
  test("is withheld and its connection destroyed; a read that waited behind it is asked again", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])] });
    const namespace = Namespace.project("acme");
    await fleet.command(orders, ["SET", "price", "42"], { namespace });
    await fleet.command(orders, ["RPUSH", "list", "a"], { namespace });
    // The first reply goes missing: from here on each reply answers the wrong request.
    proxy.inject({ kind: "reply", k: 1, do: "drop" });
    const pop = thrown(fleet.command(orders, ["LMPOP", "1", "list", "LEFT"], { namespace }));
    const get = fleet.command(orders, ["GET", "price"], { namespace });
    expect(await pop).toMatchObject({ code: "FLEET_ISOLATION_FOREIGN_KEY" });
    expect(await get).toBe("42");
  });
});

describe("a killed replica", () => {
  test("fails no read: those on it are asked again, the next go to the primary", async () => {
    await using pair = await startReplication();
    const [replica] = pair.replicas;
    if (replica === undefined) throw new Error("no replica");
    await pair.primary.call("SET", "price", "42");
    await eventually(async () => expect(await replica.call("GET", "price")).toBe("42"));
    const endpoints = [endpoint(pair.primary, { role: "primary" }), endpoint(replica, { role: "replica" })];
    await using fleet = await createFleet({
      instances: [instance("orders", endpoints, { reads: "replica" })],
    });
    await fleet.command(orders, ["GET", "price"]);
    // Until it has said whom it follows, the primary is read from.
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.replication).toBeDefined());
    const load = new Load(64, () => fleet.command(orders, ["GET", "price"]));
    await eventually(() => expect(endpointStats(fleet, 1).pool?.shared.commands).toBeGreaterThan(1999));
    await replica.kill();
    await eventually(load.progress(2000));
    await replica.restart();
    const before = endpointStats(fleet, 1).pool?.shared.commands ?? 0;
    await eventually(() =>
      expect(endpointStats(fleet, 1).pool?.shared.commands).toBeGreaterThan(before + 100),
    );
    await load.stop();
    expect(load.errors).toEqual([]);
  });
});

describe("a killed primary", () => {
  test("writes end as executed, unknown or not sent, and none is executed twice", async () => {
    await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "always" } });
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const load = new Load(32, () => fleet.command(orders, ["INCR", "n"]));
    for (let kills = 0; kills < 3; kills += 1) {
      await eventually(load.progress(300));
      await redis.kill();
      await redis.restart();
    }
    await eventually(load.progress(300));
    await load.stop();
    const executed = Number(await redis.call("GET", "n"));
    const unknown = load.count("unknown");
    expect(unknown).toBeGreaterThan(0);
    expect(executed).toBeGreaterThanOrEqual(load.answered);
    expect(executed).toBeLessThanOrEqual(load.answered + unknown);
    // Every other error says that nothing was sent, or is the breaker's, which sends nothing.
    const others = load.errors.filter((error) => (error as { outcome?: string }).outcome === undefined);
    for (const error of others) expect(error).toMatchObject({ name: "BrokenCircuitError" });
  });
});

describe("a hung server", () => {
  test("delays nobody else, and its own calls end at their deadline", async () => {
    const clock = new FakeClock();
    await using hung = await startRedis();
    await using sound = await startRedis();
    await using fleet = await createFleet({
      instances: [instance("hung", [hung]), instance("sound", [sound])],
      timeoutMs: 1000,
      clock,
    });
    await fleet.command({ instance: "hung" }, ["PING"]);
    hung.pause();
    let ended = 0;
    const stuck = Array.from({ length: 50 }, () =>
      thrown(fleet.command({ instance: "hung" }, ["INCR", "n"])).finally(() => (ended += 1)),
    );
    for (let count = 0; count < 500; count += 1) await fleet.command({ instance: "sound" }, ["PING"]);
    await clock.advance(999);
    expect(ended).toBe(0);
    await clock.advance(1);
    for (const error of await Promise.all(stuck))
      expect(error).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT", outcome: "unknown" });
    hung.resume();
  });

  test("costs a read its deadline once, not once per attempt", async () => {
    const clock = new FakeClock();
    await using pair = await startReplication();
    const servers = [pair.primary, ...pair.replicas];
    const endpoints = servers.map((server, index) =>
      endpoint(server, { role: index === 0 ? "primary" : "replica" }),
    );
    await using fleet = await createFleet({
      instances: [instance("orders", endpoints, { reads: "any" })],
      retries: 5,
      timeoutMs: 400,
      clock,
    });
    for (let count = 0; count < 10; count += 1) await fleet.command(orders, ["PING"]);
    for (const server of servers) server.pause();
    let isOver = false;
    const call = thrown(fleet.command(orders, ["GET", "x"])).finally(() => (isOver = true));
    await clock.advance(399);
    expect(isOver).toBe(false);
    // Looked for every 20 ms.
    await clock.advance(20);
    expect(await call).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" });
    for (const server of servers) server.resume();
  });

  test("does not begin a pause that would outlast the deadline", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    // The clock stands still: a pause would never end.
    const clock = new FakeClock();
    await using fleet = await createFleet({
      instances: [instance("orders", [proxy])],
      random: () => 0.99,
      clock,
    });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "reply", k: 1, do: { inject: "-LOADING Redis is loading the dataset in memory" } });
    // The classifier advises half a second.
    expect(await thrown(fleet.command(orders, ["GET", "x"], { timeoutMs: 400 }))).toMatchObject({
      prefix: "LOADING",
    });
  });
});

describe("the breaker of an endpoint", () => {
  test("opens when the server is gone, refuses with a time, and lets calls through as soon as it is back", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])], retries: 0 });
    await fleet.command(orders, ["PING"]);
    await redis.kill();
    const codes: unknown[] = [];
    await eventually(async () => {
      codes.push(((await thrown(fleet.command(orders, ["GET", "x"]))) as { code: string }).code);
      expect(codes.at(-1)).toBe("FLEET_BREAKER_OPEN");
    });
    expect(codes.length - 1).toBeLessThanOrEqual(5);
    expect(await thrown(fleet.command(orders, ["GET", "x"]))).toMatchObject({
      name: "BrokenCircuitError",
      breaker: `orders/${redis.host}:${redis.port}`,
      retryAfterMs: expect.any(Number),
    });
    await redis.restart();
    // The probes that a half-open circuit wants.
    for (let probe = 0; probe < 3; probe += 1)
      await eventually(() => fleet.command(orders, ["PING"]), { intervalMs: 5 });
    expect(endpointStats(fleet, 0)).toMatchObject({
      breaker: { name: "closed" },
      health: { status: "healthy" },
    });
  });

  test("is not closed by a health check: a server that answers PING and fails each command gets few of them", async () => {
    // A node that no slots were given to.
    await using redis = await startRedis({ config: { "cluster-enabled": "yes" } });
    const clock = new FakeClock();
    const pool = { healthCheckIntervalMs: 1000 };
    const fails = ["GET", "x"] as const;
    await using fleet = await createFleet({
      instances: [instance("orders", [redis])],
      retries: 0,
      pool,
      clock,
    });
    let reached = 0;
    for (let second = 0; second < 15; second += 1) {
      for (let call = 0; call < 10; call += 1) {
        const { code } = (await thrown(fleet.command(orders, fails))) as { readonly code: string };
        if (code === "FLEET_POOL_REPLY") reached += 1;
      }
      await clock.advance(1000);
      await eventually(() =>
        expect(endpointStats(fleet, 0)?.health).toMatchObject({ lastSuccessAt: clock.now() }),
      );
    }
    // Five open the circuit, one comes after the check that is believed, and one after each opening: 2, 4 and 8 seconds.
    expect([5, 6, 7, 8, 9]).toContain(reached);
  });

  test("counts a lost connection once, however many calls were on it", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])], retries: 0 });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "blackhole" }, { direction: "reply" });
    const calls = Array.from({ length: 50 }, () => thrown(fleet.command(orders, ["GET", "x"])));
    await eventually(() => expect(endpointStats(fleet, 0).pool?.shared.inFlight).toBe(50));
    proxy.heal();
    proxy.cut();
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST" });
    expect(endpointStats(fleet, 0).breaker).toEqual({ name: "closed", consecutiveFailures: 1 });
    expect(await fleet.command(orders, ["PING"])).toBe("PONG");
  });

  test("does not learn from a caller's abort, whatever reason he gives", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await fleet.command(orders, ["PING"]);
    redis.pause();
    using channel = heard();
    const reasons = [
      Object.assign(new Error("looks like a fault"), { code: "ECONNRESET" }),
      new DOMException("looks like a timeout", "TimeoutError"),
      undefined,
    ];
    for (let count = 0; count < 12; count += 1) {
      const caller = new AbortController();
      const call = thrown(fleet.command(orders, ["GET", "x"], { signal: caller.signal }));
      caller.abort(reasons[count % reasons.length]);
      expect(await call).toBe(caller.signal.reason);
    }
    redis.resume();
    expect(await fleet.command(orders, ["PING"])).toBe("PONG");
    expect(endpointStats(fleet, 0)).toMatchObject({
      inFlight: 0,
      breaker: { name: "closed", consecutiveFailures: 0 },
    });
    const cancelled = channel.messages.filter(({ outcome }) => outcome === "cancelled");
    expect(cancelled).toHaveLength(12);
    expect(cancelled[0]).not.toHaveProperty("code");
  });

  test("a signal that is aborted already sends nothing; one that aborts in a pause ends it", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])], random: () => 0.99 });
    await expect(fleet.command(orders, ["INCR", "n"], { signal: AbortSignal.abort("gone") })).rejects.toBe(
      "gone",
    );
    await fleet.command(orders, ["PING"]);
    expect(await redis.call("EXISTS", "n")).toBe(0);
    proxy.inject({ kind: "reply", k: 1, do: { inject: "-LOADING Redis is loading the dataset in memory" } });
    const caller = new AbortController();
    const call = thrown(fleet.command(orders, ["GET", "x"], { signal: caller.signal }));
    // In the pause the attempt is accounted for and its error is not yet told.
    await eventually(() =>
      expect(endpointStats(fleet, 0)).toMatchObject({ inFlight: 0, breaker: { consecutiveFailures: 1 } }),
    );
    caller.abort("gone");
    expect(await call).toBe("gone");
  });

  test("stays closed on READONLY and on a full memory, and no refused write is repeated there", async () => {
    await using pair = await startReplication();
    const [replica] = pair.replicas;
    if (replica === undefined) throw new Error("no replica");
    // Nobody knows that it is none: what a fleet sees just after a failover.
    await using fleet = await createFleet({
      instances: [instance("orders", [replica]), instance("full", [pair.primary])],
    });
    using channel = heard();
    const writes = Array.from({ length: 6 }, () => thrown(fleet.command(orders, ["SET", "x", "1"])));
    for (const error of await Promise.all(writes)) expect(error).toMatchObject({ prefix: "READONLY" });
    await pair.primary.call("CONFIG", "SET", "maxmemory", "1");
    for (let count = 0; count < 6; count += 1)
      expect(await thrown(fleet.command({ instance: "full" }, ["SET", "x", "1"]))).toMatchObject({
        code: "FLEET_POOL_MEMORY",
      });
    expect(await fleet.command({ instance: "full" }, ["GET", "x"])).toBeNull();
    expect(channel.messages.every(({ attempts }) => attempts === 1)).toBe(true);
    for (const { endpoints } of fleet.stats.instances)
      expect(endpoints[0]?.breaker).toMatchObject({ name: "closed", consecutiveFailures: 0 });
  });
});

describe("a write that never left", () => {
  test("is sent to another instance of the group", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({
      instances: [
        instance("dead", [{ host: "127.0.0.1", port: 1 }], { group: "cache" }),
        instance("sound", [redis], { group: "cache" }),
      ],
    });
    for (let count = 1; count <= 20; count += 1)
      expect(await fleet.command({ group: "cache" }, ["INCR", "n"])).toBe(count);
    expect(await redis.call("GET", "n")).toBe("20");
  });

  test("gives up after its retries, and within the budget of the whole fleet", async () => {
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "127.0.0.1", port: 1 }])],
      breaker: { consecutiveFailures: 1000 },
      retryBudget: { ratio: 0, reserve: 3 },
    });
    using channel = heard();
    for (let count = 0; count < 4; count += 1)
      expect(await thrown(fleet.command(orders, ["INCR", "n"]))).toMatchObject({
        code: "FLEET_POOL_CONNECT_FAILED",
        outcome: "not-sent",
      });
    expect(channel.messages.map(({ attempts }) => attempts)).toEqual([3, 2, 1, 1]);
  });
});

type Fleet = Awaited<ReturnType<typeof createFleet>>;

function endpointStats(
  fleet: Fleet,
  index: number,
): Fleet["stats"]["instances"][number]["endpoints"][number] {
  const stats = fleet.stats.instances[0]?.endpoints[index];
  if (stats === undefined) throw new Error(`no endpoint ${index}`);
  return stats;
}
