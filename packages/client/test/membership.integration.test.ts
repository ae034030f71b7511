import { eventually, startFaultProxy, startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { endpoint, HandSource, instance } from "./hand-source.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

/** The connections of fleets that a server has. */
async function connections(redis: RedisServer): Promise<number> {
  return String(await redis.call("CLIENT", "LIST"))
    .split("\n")
    .filter((line) => line.includes("name=fleet:")).length;
}

describe("an instance of a group", () => {
  test("can be drained, removed and shut down under load, and no call fails", async () => {
    await using first = await startRedis();
    await using second = await startRedis();
    const stays = instance("second", [second], { group: "cache" });
    const source = new HandSource(instance("first", [first], { group: "cache" }), stays);
    await using fleet = await createFleet({ sources: [source] });
    const load = new Load(32, () => fleet.command({ group: "cache" }, ["INCR", "n"]));
    await eventually(load.progress(1000));
    source.say(instance("first", [first], { group: "cache", state: "drain" }), stays);
    await eventually(() =>
      expect(fleet.stats.instances[0]).toMatchObject({ state: "drain", endpoints: [{ inFlight: 0 }] }),
    );
    const drained = await first.call("GET", "n");
    expect(Number(drained)).toBeGreaterThan(0);
    await eventually(load.progress(500));
    expect(await first.call("GET", "n")).toBe(drained);
    // Draining takes no new calls; whoever asks for the instance itself is told why.
    await expect(fleet.command({ instance: "first" }, ["GET", "n"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_NO_TARGET",
      reason: "drain",
    });
    source.say(stays);
    await eventually(async () => expect(await connections(first)).toBe(0));
    await first.kill();
    await eventually(load.progress(500));
    await load.stop();
    expect(load.errors).toEqual([]);
    expect(Number(drained) + Number(await second.call("GET", "n"))).toBe(load.answered);
  });

  test("removed at once, calls in flight are answered before its pool closes", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    const source = new HandSource(instance("orders", [proxy]));
    await using fleet = await createFleet({ sources: [source] });
    await fleet.command(orders, ["PING"]);
    proxy.inject({ kind: "latency", ms: 100 });
    const inFlight = Array.from({ length: 20 }, () => fleet.command(orders, ["INCR", "n"]));
    source.say();
    expect(await Promise.all(inFlight)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    await expect(fleet.command(orders, ["GET", "n"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_UNKNOWN_TARGET",
    });
    await eventually(async () => expect(await connections(redis)).toBe(0));
  });
});

describe("an instance that is made anew under its name", () => {
  test("gets a pool and a breaker of its own, and the old ones go", async () => {
    await using former = await startRedis();
    await using latter = await startRedis();
    const source = new HandSource(instance("orders", [former], { uid: "1" }));
    await using fleet = await createFleet({ sources: [source] });
    await fleet.command(orders, ["SET", "who", "former"]);
    await former.kill();
    await eventually(() => expect(fleet.command(orders, ["GET", "who"])).rejects.toThrow(/Circuit/));
    source.say(instance("orders", [latter], { uid: "2" }));
    await eventually(() => fleet.command(orders, ["SET", "who", "latter"]));
    expect(await latter.call("GET", "who")).toBe("latter");
    expect(fleet.stats.instances).toMatchObject([
      { uid: "2", endpoints: [{ port: latter.port, breaker: { name: "closed", consecutiveFailures: 0 } }] },
    ]);
  });

  test("behind the same address too: what is behind another uid is another Redis", async () => {
    await using redis = await startRedis();
    const source = new HandSource(instance("orders", [redis], { uid: "1" }));
    await using fleet = await createFleet({ sources: [source] });
    const id = await fleet.command(orders, ["CLIENT", "ID"]).catch(() => undefined);
    expect(id).toBeUndefined();
    await fleet.command(orders, ["PING"]);
    const opened = pool(fleet);
    source.say(instance("orders", [redis], { uid: "2" }));
    await eventually(() => expect(pool(fleet)).toBeUndefined());
    await fleet.command(orders, ["PING"]);
    expect(pool(fleet)?.shared.dials).toBe(1);
    expect(opened?.shared.dials).toBe(1);
    await eventually(async () => expect(await connections(redis)).toBe(1));
  });
});

describe("an endpoint that changes", () => {
  test("keeps pool and breaker when its role changes: writes move, connections stay", async () => {
    await using pair = await startReplication();
    const [other] = pair.replicas;
    if (other === undefined) throw new Error("no replica");
    const roles = (primary: RedisServer): ReturnType<typeof instance> =>
      instance(
        "orders",
        [pair.primary, other].map((server) =>
          endpoint(server, { role: server === primary ? "primary" : "replica" }),
        ),
        { reads: "any" },
      );
    const source = new HandSource(roles(pair.primary));
    await using fleet = await createFleet({ sources: [source] });
    for (let count = 0; count < 20; count += 1) await fleet.command(orders, ["GET", "x"]);
    await fleet.command(orders, ["SET", "x", "1"]);
    await other.call("REPLICAOF", "NO", "ONE");
    await pair.primary.call("REPLICAOF", other.host, String(other.port));
    source.say(roles(other));
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.role).toBe("primary"));
    expect(await fleet.command(orders, ["SET", "x", "2"])).toBe("OK");
    expect(await other.call("GET", "x")).toBe("2");
    for (const { pool } of fleet.stats.instances[0]?.endpoints ?? []) expect(pool?.shared.dials).toBe(1);
  });

  test("under maintenance it has no calls and no connections, and afterwards both again", async () => {
    await using redis = await startRedis();
    const source = new HandSource(instance("orders", [redis]));
    await using fleet = await createFleet({ sources: [source] });
    await fleet.command(orders, ["PING"]);
    source.say(instance("orders", [redis], { state: "maintenance" }));
    await eventually(async () => expect(await connections(redis)).toBe(0));
    await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_NO_TARGET",
      reason: "maintenance",
    });
    source.say(instance("orders", [redis]));
    expect(await eventually(() => fleet.command(orders, ["PING"]))).toBe("PONG");
  });

  test("at another address it is another server", async () => {
    await using former = await startRedis();
    await using latter = await startRedis();
    const at = (server: RedisServer): ReturnType<typeof instance> =>
      instance("orders", [endpoint(server, { uid: "pod-0" })]);
    const source = new HandSource(at(former));
    await using fleet = await createFleet({ sources: [source] });
    await fleet.command(orders, ["PING"]);
    source.say(at(latter));
    await eventually(async () => expect(await connections(former)).toBe(0));
    await fleet.command(orders, ["SET", "x", "1"]);
    expect(await latter.call("GET", "x")).toBe("1");
  });
});

type Fleet = Awaited<ReturnType<typeof createFleet>>;

function pool(fleet: Fleet): Fleet["stats"]["instances"][number]["endpoints"][number]["pool"] {
  return fleet.stats.instances[0]?.endpoints[0]?.pool;
}
