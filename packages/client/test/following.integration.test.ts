import type { Endpoint } from "@fleet/discovery";
import { eventually, startFaultProxy, startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import type { Fleet, FleetOptions } from "../src/index.ts";
import { endpoint, HandSource, instance } from "./hand-source.ts";
import { heardRoles } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

type Address = Pick<RedisServer, "host" | "port">;

function open(
  servers: readonly (Address | Endpoint)[],
  reads: "replica" | "any" = "replica",
  options: Partial<FleetOptions> = {},
): Promise<Fleet> {
  return createFleet({
    instances: [instance("orders", servers, { reads })],
    rolesIntervalMs: 20,
    ...options,
  });
}

/** What each endpoint is not read for. */
function reasons(fleet: Fleet): readonly (string | undefined)[] {
  return fleet.stats.instances[0]?.endpoints.map(({ replication }) => replication?.unfit) ?? [];
}

function roles(fleet: Fleet): readonly string[] {
  return fleet.stats.instances[0]?.endpoints.map(({ role }) => role) ?? [];
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error("none is there");
  return one;
}

const readsOf = async (fleet: Fleet, key: string): Promise<readonly unknown[]> =>
  Promise.all(Array.from({ length: 30 }, () => fleet.command(orders, ["GET", key])));

const thirty = (value: unknown): readonly unknown[] => Array.from({ length: 30 }, () => value);

describe.each(["replica", "any"] as const)("with reads: %s", (reads) => {
  test("a replica that lost its primary is not read from until it is connected again", async () => {
    await using set = await startReplication();
    const replica = first(set.replicas);
    await using fleet = await open([set.primary, replica], reads);
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    using told = heardRoles();
    await fleet.command(orders, ["SET", "price", "old"]);
    await set.inSync();
    await replica.call("REPLICAOF", "127.0.0.1", "1");
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "link-down"]));
    expect(fleet.stats.instances[0]?.endpoints[1]).toMatchObject({
      role: "replica",
      health: { status: "healthy" },
      replication: { primary: "127.0.0.1:1", link: "down", offset: -1 },
    });
    await fleet.command(orders, ["SET", "price", "new"]);
    expect(await readsOf(fleet, "price")).toEqual(thirty("new"));
    await replica.call("REPLICAOF", set.primary.host, String(set.primary.port));
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, undefined]));
    await replica.call("CONFIG", "RESETSTAT");
    await eventually(async () => {
      await fleet.command(orders, ["GET", "price"]);
      expect(String(await replica.call("INFO", "commandstats"))).toContain("cmdstat_get:");
    });
    const name = `${replica.host}:${replica.port}`;
    expect(told.messages).toContainEqual({
      event: "unfit",
      instance: "orders",
      endpoint: name,
      reason: "link-down",
    });
    expect(told.messages.at(-1)).toEqual({ event: "follows", instance: "orders", endpoint: name });
  });

  test("one that follows another primary is never read from", async () => {
    await using set = await startReplication();
    await using other = await startReplication();
    await set.primary.call("SET", "x", "ours");
    await other.primary.call("SET", "x", "theirs");
    await other.inSync();
    const replica = first(other.replicas);
    await using fleet = await open([set.primary, replica], reads);
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "other-primary"]));
    expect(await readsOf(fleet, "x")).toEqual(thirty("ours"));
  });

  test("one that became its own, empty primary is not read from until it follows again", async () => {
    await using set = await startReplication();
    const replica = first(set.replicas);
    await using fleet = await open([set.primary, replica], reads);
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    using told = heardRoles();
    await fleet.command(orders, ["SET", "x", "1"]);
    await set.inSync();
    await replica.call("REPLICAOF", "NO", "ONE");
    await replica.call("FLUSHALL");
    const name = `${replica.host}:${replica.port}`;
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "unknown"]));
    expect(reasons(fleet)).toEqual([undefined, "own-primary"]);
    expect(fleet.stats.instances[0]?.endpoints[1]?.replication?.primary).toBe(name);
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    await replica.call("REPLICAOF", set.primary.host, String(set.primary.port));
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, undefined]));
    const about = { instance: "orders", endpoint: name };
    expect(told.messages).toContainEqual({ event: "unfit", ...about, reason: "own-primary" });
    expect(told.messages.at(-1)).toEqual({ event: "follows", ...about });
  });

  test("one that follows a replica that never answered, of another primary, is not read from", async () => {
    await using primary = await startRedis();
    await using other = await startReplication({ replicas: 2 });
    await primary.call("SET", "x", "ours");
    await other.primary.call("SET", "x", "theirs");
    await other.inSync();
    const [middle, last] = [first(other.replicas), first(other.replicas.slice(1))];
    await last.call("REPLICAOF", middle.host, String(middle.port));
    await eventually(async () =>
      expect(String(await last.call("INFO", "replication"))).toContain("master_link_status:up"),
    );
    await using fleet = await open([primary, middle, last], reads, {
      addressMap: (address) => (address.port === middle.port ? { host: "127.0.0.1", port: 1 } : address),
    });
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, undefined, "other-primary"]));
    expect(await readsOf(fleet, "x")).toEqual(thirty("ours"));
  });

  test("one that has never synced is never read from", async () => {
    await using primary = await startRedis();
    await using replica = await startRedis({ config: { replicaof: "127.0.0.1 1" } });
    await primary.call("SET", "x", "1");
    await using fleet = await open([primary, replica], reads);
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "never-synced"]));
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
  });

  test("one that is receiving its first copy is not read from", async () => {
    await using primary = await startRedis({
      config: { "repl-diskless-sync": "yes", "repl-diskless-sync-delay": 0 },
    });
    await primary.call("SET", "x", "1");
    // Microseconds for each key: the copy takes longer than the test.
    await primary.call("CONFIG", "SET", "rdb-key-save-delay", "60000000");
    await using replica = await startRedis({ config: { replicaof: `${primary.host} ${primary.port}` } });
    await using fleet = await open([primary, replica], reads);
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "syncing"]));
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
  });
});

describe.each(["replica", "any"] as const)("before an endpoint has answered, with reads: %s", (reads) => {
  test.each(["replica", "unknown"] as const)(
    "the declared primary is read from (the other is %s)",
    async (role) => {
      await using primary = await startRedis();
      await using replica = await startRedis({ config: { replicaof: "127.0.0.1 1" } });
      await using empty = await startRedis();
      await primary.call("SET", "x", "1");
      await using fleet = await open(
        [endpoint(replica, { role }), endpoint(empty, { role }), endpoint(primary, { role: "primary" })],
        reads,
      );
      // The first reads of a fresh fleet.
      expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
      await eventually(() => expect(reasons(fleet)).toEqual(["never-synced", "own-primary", undefined]));
      expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    },
  );

  test("one that joins later is read from once it follows", async () => {
    await using primary = await startRedis({ config: { "repl-diskless-sync-delay": 0 } });
    await using replica = await startRedis({ config: { replicaof: "127.0.0.1 1" } });
    await primary.call("SET", "x", "1");
    const ofPrimary = endpoint(primary, { role: "primary" });
    const source = new HandSource(instance("orders", [ofPrimary], { reads }));
    await using fleet = await createFleet({ sources: [source] });
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    source.say(instance("orders", [ofPrimary, endpoint(replica, { role: "replica" })], { reads }));
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "never-synced"]));
    await replica.call("REPLICAOF", primary.host, String(primary.port));
    await eventually(async () => {
      expect(await fleet.command(orders, ["GET", "x"])).toBe("1");
      expect(String(await replica.call("INFO", "commandstats"))).toContain("cmdstat_get:");
    });
  });
});

describe("a replica follows the primary", () => {
  test("whatever address it knows it by", async () => {
    await using set = await startReplication();
    await using way = await startFaultProxy(set.primary);
    const replica = first(set.replicas);
    await replica.call("REPLICAOF", "localhost", String(way.port));
    await eventually(async () =>
      expect(String(await replica.call("INFO", "replication"))).toContain("master_link_status:up"),
    );
    const named = { host: "orders-1.shop.svc", port: 6379 };
    await using fleet = await open([set.primary, named], "replica", {
      addressMap: (address) => (address.host === named.host ? replica : address),
    });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    expect(reasons(fleet)).toEqual([undefined, undefined]);
    await set.primary.call("SET", "x", "1");
    await set.inSync();
    await replica.call("CONFIG", "RESETSTAT");
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    expect(String(await replica.call("INFO", "commandstats"))).toContain("cmdstat_get:calls=30");
  });

  test("through another replica, for as long as that one does", async () => {
    await using set = await startReplication({ replicas: 2 });
    const [middle, last] = [first(set.replicas), first(set.replicas.slice(1))];
    await last.call("REPLICAOF", middle.host, String(middle.port));
    await eventually(async () =>
      expect(String(await last.call("INFO", "replication"))).toContain("master_link_status:up"),
    );
    await using fleet = await open([set.primary, middle, last]);
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica", "replica"]));
    expect(reasons(fleet)).toEqual([undefined, undefined, undefined]);
    await middle.call("REPLICAOF", "127.0.0.1", "1");
    await eventually(() => expect(reasons(fleet).slice(1)).toEqual(["link-down", "link-down"]));
    await fleet.command(orders, ["SET", "x", "1"]);
    expect(await readsOf(fleet, "x")).toEqual(thirty("1"));
    await middle.call("REPLICAOF", set.primary.host, String(set.primary.port));
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, undefined, undefined]));
  });
});

test.each(["replica", "any"] as const)(
  "with reads: %s one that lags more than maxLagBytes is not read from until it has caught up, and as a last resort",
  async (reads) => {
    await using set = await startReplication();
    await using link = await startFaultProxy(set.primary);
    await using way = await startFaultProxy(set.primary);
    const replica = first(set.replicas);
    await replica.call("REPLICAOF", link.host, String(link.port));
    await eventually(async () =>
      expect(String(await replica.call("INFO", "replication"))).toContain("master_link_status:up"),
    );
    await using fleet = await open([way, replica], reads, { maxLagBytes: 10_000 });
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    await fleet.command(orders, ["SET", "x", "old"]);
    await eventually(async () => expect(await replica.call("GET", "x")).toBe("old"));
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, undefined]));
    link.inject({ kind: "blackhole" }, { direction: "reply" });
    await fleet.command(orders, ["SET", "x", "new"]);
    await fleet.command(orders, ["SET", "large", "v".repeat(20_000)]);
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "lagging"]));
    expect(fleet.stats.instances[0]?.endpoints[1]?.replication?.lagBytes).toBeGreaterThan(20_000);
    expect(fleet.stats.instances[0]?.endpoints[1]?.replication?.link).toBe("connected");
    expect(await readsOf(fleet, "x")).toEqual(thirty("new"));
    await way.close();
    await eventually(async () => expect(await fleet.command(orders, ["GET", "x"])).toBe("old"));
    link.heal();
    await eventually(async () => expect(await fleet.command(orders, ["GET", "x"])).toBe("new"));
  },
);

describe("when the primary is gone", () => {
  test("a replica that was cut off is still read from", async () => {
    await using set = await startReplication();
    await using way = await startFaultProxy(set.primary);
    const replica = first(set.replicas);
    await using fleet = await open([way, replica]);
    await eventually(() => expect(roles(fleet)).toEqual(["primary", "replica"]));
    await fleet.command(orders, ["SET", "x", "1"]);
    await set.inSync();
    await replica.call("REPLICAOF", "127.0.0.1", "1");
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "link-down"]));
    await way.close();
    await eventually(async () => expect(await fleet.command(orders, ["GET", "x"])).toBe("1"));
  });

  test("one that has other data or none is not: the read is refused with the reason", async () => {
    await using primary = await startRedis();
    await using way = await startFaultProxy(primary);
    await using replica = await startRedis({ config: { replicaof: "127.0.0.1 1" } });
    await using fleet = await open([way, replica]);
    await eventually(() => expect(reasons(fleet)).toEqual([undefined, "never-synced"]));
    await way.close();
    await expect(fleet.command(orders, ["GET", "x"])).rejects.toMatchObject({ outcome: "not-sent" });
    await using lone = await open([endpoint(replica, { role: "replica" })]);
    await expect(
      eventually(async () => {
        expect(await lone.command(orders, ["GET", "x"]).catch(() => "refused")).toBe("refused");
      }),
    ).resolves.toBeUndefined();
    await expect(lone.command(orders, ["GET", "x"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_NO_TARGET",
      reason: "not-following",
    });
  });
});
