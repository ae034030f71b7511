import { eventually, FakeClock, startFaultProxy, startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { Fleet } from "../src/index.ts";
import { endpoint, HandSource, instance } from "./hand-source.ts";
import { heard, heardRoles } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

/** What the fleet takes the endpoints of its first instance for. */
function roles(fleet: Fleet): readonly string[] {
  return fleet.stats.instances[0]?.endpoints.map(({ role }) => role) ?? [];
}

/** The connections of fleets that a server has. */
async function connections(redis: RedisServer): Promise<number> {
  return String(await redis.call("CLIENT", "LIST"))
    .split("\n")
    .filter((line) => line.includes("name=fleet:")).length;
}

function replicaOf({ replicas }: { readonly replicas: readonly RedisServer[] }, index = 0): RedisServer {
  const replica = replicas[index];
  if (replica === undefined) throw new Error("no replica");
  return replica;
}

describe("endpoints of whose roles nothing is known", () => {
  test("are asked before the first call, and each call goes where it belongs", async () => {
    await using set = await startReplication({ replicas: 2 });
    const servers = [replicaOf(set), set.primary, replicaOf(set, 1)];
    await using fleet = await createFleet({ instances: [instance("orders", servers, { reads: "replica" })] });
    await eventually(() => expect(roles(fleet)).toEqual(["replica", "primary", "replica"]));
    for (let count = 0; count < 20; count += 1) await fleet.command(orders, ["INCR", "n"]);
    for (const replica of set.replicas)
      await eventually(async () => expect(await replica.call("GET", "n")).toBe("20"));
    for (let count = 0; count < 20; count += 1) expect(await fleet.command(orders, ["GET", "n"])).toBe("20");
    expect(String(await set.primary.call("INFO", "commandstats"))).not.toContain("cmdstat_get:");
  });

  test("are asked again when one comes that nobody has asked", async () => {
    await using set = await startReplication();
    const source = new HandSource(instance("orders", [set.primary]));
    await using fleet = await createFleet({ sources: [source] });
    expect(roles(fleet)).toEqual(["unknown"]);
    source.say(instance("orders", [set.primary, replicaOf(set)]));
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
  });

  test("are asked every second when the primary is taken away, until another is promoted", async () => {
    await using set = await startReplication();
    const source = new HandSource(instance("orders", [set.primary, replicaOf(set)]));
    await using fleet = await createFleet({ sources: [source] });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    source.say(instance("orders", [replicaOf(set)]));
    await eventually(() => expect(roles(fleet)).toEqual(["replica"]));
    await expect(fleet.command(orders, ["INCR", "n"])).rejects.toMatchObject({ reason: "no-primary" });
    await replicaOf(set).call("REPLICAOF", "NO", "ONE");
    await eventually(() => fleet.command(orders, ["INCR", "n"]));
  });

  test("are dialled a few at a time", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    proxy.inject({ kind: "blackhole" });
    const names = Array.from({ length: 30 }, (_, index) => `orders-${index}`);
    const pairs = names.map((name) =>
      instance(name, [endpoint(proxy, { uid: "a" }), endpoint(proxy, { uid: "b" })]),
    );
    await using fleet = await createFleet({ sources: [new HandSource(...pairs)] });
    await eventually(() => expect(proxy.connections).toBe(16));
    // They wait for these, which is as far as they come.
    await new Promise((resolve) => setImmediate(resolve));
    expect(proxy.connections).toBe(16);
    proxy.heal();
    await eventually(() => expect(proxy.connections).toBe(60));
    expect(fleet.stats.instances).toHaveLength(30);
  });
});

describe("endpoints whose roles are declared", () => {
  test("are not dialled before the first call", async () => {
    await using set = await startReplication();
    const clock = new FakeClock();
    const declared = instance("orders", [
      endpoint(set.primary, { role: "primary" }),
      endpoint(replicaOf(set), { role: "replica" }),
    ]);
    await using fleet = await createFleet({ instances: [declared], clock });
    await clock.advance(60_000);
    expect(roles(fleet)).toEqual(["primary", "replica"]);
    expect(clock.pending).toBe(0);
    for (const server of [set.primary, replicaOf(set)]) expect(await connections(server)).toBe(0);
  });

  test("are asked once one of them is called, and all of them", async () => {
    await using set = await startReplication();
    const declared = instance("orders", [
      endpoint(set.primary, { role: "primary" }),
      endpoint(replicaOf(set), { role: "replica" }),
    ]);
    await using fleet = await createFleet({ instances: [declared], rolesIntervalMs: 10 });
    await fleet.command(orders, ["PING"]);
    await eventually(async () =>
      expect(String(await set.primary.call("INFO", "commandstats"))).toMatch(/cmdstat_role:calls=\d\d/),
    );
    await eventually(async () =>
      expect(String(await replicaOf(set).call("INFO", "commandstats"))).toMatch(/cmdstat_role:calls=\d\d/),
    );
  });

  test("a promotion that nobody announced is followed while the old primary still takes writes", async () => {
    await using set = await startReplication({ replicas: 2 });
    const [promoted, other] = [replicaOf(set), replicaOf(set, 1)];
    const declared = instance("orders", [
      endpoint(set.primary, { role: "primary" }),
      ...set.replicas.map((replica) => endpoint(replica, { role: "replica" })),
    ]);
    await using fleet = await createFleet({ instances: [declared], rolesIntervalMs: 10 });
    await fleet.command(orders, ["INCR", "n"]);
    await set.inSync();
    await promoted.call("REPLICAOF", "NO", "ONE");
    await other.call("REPLICAOF", promoted.host, String(promoted.port));
    await eventually(() => expect(roles(fleet)).toEqual(["unknown", "primary", "replica"]));
    expect(await fleet.command(orders, ["INCR", "n"])).toBe(2);
  });

  test("and declared wrongly: the first write is led to the primary, and is executed once", async () => {
    await using set = await startReplication();
    const declared = instance("orders", [
      endpoint(replicaOf(set), { role: "primary" }),
      endpoint(set.primary, { role: "replica" }),
    ]);
    await using fleet = await createFleet({ instances: [declared], retryBudget: { ratio: 0, reserve: 0 } });
    using channel = heard();
    using told = heardRoles();
    expect(await fleet.command(orders, ["INCR", "n"])).toBe(1);
    expect(channel.messages).toMatchObject([{ command: "INCR", attempts: 2, outcome: "ok" }]);
    expect(roles(fleet)).toEqual(["replica", "primary"]);
    expect(told.messages).toContainEqual({
      event: "changed",
      instance: "orders",
      endpoint: `${set.primary.host}:${set.primary.port}`,
      role: "primary",
      previous: "replica",
    });
  });

  test("a transaction and a single command of a batch say READONLY too", async () => {
    await using set = await startReplication();
    const declared = (name: string): ReturnType<typeof instance> =>
      instance(name, [
        endpoint(replicaOf(set), { role: "primary" }),
        endpoint(set.primary, { role: "replica" }),
      ]);
    await using fleet = await createFleet({
      sources: [new HandSource(declared("orders"), declared("cache"))],
    });
    expect(await fleet.batch(orders, [["INCR", "n"]], { atomic: true })).toEqual([{ value: 1 }]);
    const write = () => fleet.batch({ instance: "cache" }, [["INCR", "n"]]);
    expect(await write()).toMatchObject([{ error: { prefix: "READONLY" } }]);
    expect(
      await eventually(async () => {
        const [slot] = await write();
        expect(slot).toHaveProperty("value");
        return slot;
      }),
    ).toEqual({ value: 2 });
  });
});

describe("a lone endpoint", () => {
  test("is never asked while it takes writes", async () => {
    await using redis = await startRedis();
    const clock = new FakeClock();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])], clock });
    await fleet.command(orders, ["INCR", "n"]);
    // Each dial asks once, to know a Sentinel.
    const asked = async (): Promise<string | undefined> =>
      /cmdstat_role:calls=\d+/.exec(String(await redis.call("INFO", "commandstats")))?.[0];
    expect(await asked()).toBe("cmdstat_role:calls=1");
    await clock.advance(25_000);
    expect(await asked()).toBe("cmdstat_role:calls=1");
  });

  test("that turns out a replica is no more written to, until another server answers behind its address", async () => {
    await using set = await startReplication();
    let leadsTo: RedisServer = replicaOf(set);
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "orders.shop.svc", port: 6379 }])],
      addressMap: () => leadsTo,
    });
    await expect(fleet.command(orders, ["INCR", "n"])).rejects.toMatchObject({ prefix: "READONLY" });
    await expect(fleet.command(orders, ["INCR", "n"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_NO_TARGET",
      reason: "no-primary",
    });
    leadsTo = set.primary;
    await eventually(async () => expect(await fleet.command(orders, ["INCR", "n"])).toBe(1));
    expect(roles(fleet)).toEqual(["primary"]);
    await eventually(async () => expect(await connections(replicaOf(set))).toBe(0));
  });
});

describe("a user who may not call ROLE", () => {
  const acl = (...rights: readonly string[]): readonly string[] => [
    `user default on nopass ~* &* +@all ${rights.join(" ")}`,
  ];

  test("learns it from INFO", async () => {
    await using set = await startReplication({ acl: acl("-role") });
    await using fleet = await createFleet({
      instances: [instance("orders", [replicaOf(set), set.primary])],
    });
    await eventually(() => expect(roles(fleet)).toEqual(["replica", "primary"]));
  });

  test("nor INFO has the word of the source, and is told so once", async () => {
    // startReplication asks INFO itself: the right is taken away afterwards.
    await using set = await startReplication();
    for (const server of [set.primary, replicaOf(set)]) {
      await server.call("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-role", "-info");
    }
    const clock = new FakeClock();
    using told = heardRoles();
    const hinted = instance(
      "orders",
      [endpoint(set.primary, { role: "primary" }), endpoint(replicaOf(set))],
      {
        credentials: { username: "app", password: "env:PASSWORD" },
      },
    );
    await using fleet = await createFleet({
      instances: [hinted],
      clock,
      credentials: () => Promise.resolve({ username: "app", password: "secret" }),
    });
    await eventually(() => expect(told.messages).toHaveLength(1));
    expect(await fleet.command(orders, ["INCR", "n"])).toBe(1);
    await eventually(() => expect(told.messages).toHaveLength(2));
    await clock.advance(60_000);
    expect(told.messages.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual(
      [set.primary, replicaOf(set)]
        .map(({ host, port }) => ({ event: "untold", instance: "orders", endpoint: `${host}:${port}` }))
        .toSorted((a, b) => a.endpoint.localeCompare(b.endpoint)),
    );
    expect(roles(fleet)).toEqual(["primary", "unknown"]);
  });
});

describe("two that say they are the primary", () => {
  test("are never both written to: the replicas decide, and it is told", async () => {
    await using set = await startReplication({ replicas: 2 });
    const [first, second, third] = [set.primary, replicaOf(set), replicaOf(set, 1)];
    await using fleet = await createFleet({
      instances: [instance("orders", [first, second, third])],
      rolesIntervalMs: 50,
    });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica", "replica"]));
    using told = heardRoles();
    await second.call("REPLICAOF", "NO", "ONE");
    await eventually(() =>
      expect(told.messages).toContainEqual({
        event: "disputed",
        instance: "orders",
        endpoints: [first, second].map(({ host, port }) => `${host}:${port}`),
        kept: `${first.host}:${first.port}`,
      }),
    );
    expect(roles(fleet)).toEqual(["primary", "unknown", "replica"]);
    await fleet.command(orders, ["SET", "who", "first"]);
    expect(await second.call("GET", "who")).toBeNull();
    await third.call("REPLICAOF", second.host, String(second.port));
    await eventually(() => expect(roles(fleet)).toEqual(["unknown", "primary", "replica"]));
    await fleet.command(orders, ["SET", "who", "second"]);
    expect(await first.call("GET", "who")).toBe("first");
    await first.call("REPLICAOF", second.host, String(second.port));
    await eventually(() => expect(roles(fleet)).toEqual(["replica", "primary", "replica"]));
  });

  test("without a replica and without a past, neither is written to", async () => {
    await using first = await startRedis();
    await using second = await startRedis();
    await using fleet = await createFleet({
      instances: [instance("orders", [first, second])],
      rolesIntervalMs: 50,
    });
    await eventually(() => expect(roles(fleet)).toEqual(["replica", "replica"]));
    await expect(fleet.command(orders, ["INCR", "n"])).rejects.toMatchObject({ reason: "no-primary" });
    await second.call("REPLICAOF", first.host, String(first.port));
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    expect(await fleet.command(orders, ["INCR", "n"])).toBe(1);
  });
});

describe("a fleet that is closed", () => {
  test("asks nobody any more, and leaves no timer", async () => {
    await using set = await startReplication();
    const clock = new FakeClock();
    const fleet = await createFleet({
      instances: [instance("orders", [set.primary, replicaOf(set)])],
      clock,
    });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    for (const server of [set.primary, replicaOf(set)]) server.pause();
    await clock.advance(12_000);
    const closing = fleet.close();
    await clock.advance(0);
    await closing;
    expect(clock.pending).toBe(0);
    for (const server of [set.primary, replicaOf(set)]) server.resume();
    await eventually(async () => {
      for (const server of [set.primary, replicaOf(set)]) expect(await connections(server)).toBe(0);
    });
  });
});

describe("under maintenance", () => {
  test("nobody is asked, and afterwards everybody", async () => {
    await using set = await startReplication();
    const of = (state: "ready" | "maintenance"): ReturnType<typeof instance> =>
      instance("orders", [set.primary, replicaOf(set)], { state });
    const source = new HandSource(of("maintenance"));
    await using fleet = await createFleet({ sources: [source], rolesIntervalMs: 20 });
    for (let count = 0; count < 20; count += 1) await set.primary.call("PING");
    expect(await connections(set.primary)).toBe(0);
    source.say(of("ready"));
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
  });
});
