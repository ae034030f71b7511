import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { Namespace } from "@fleet/isolation";
import { passwordOf } from "@fleet/isolation/acl";
import { eventually, FakeClock, seededRandom, startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../../src/index.ts";
import type { FleetOptions } from "../../src/index.ts";
import { instance } from "../hand-source.ts";
import { Load } from "../load.ts";

const orders = { instance: "orders" } as const;
const namespace = Namespace.project("shop");
const shop = { namespace };
const acl = { password: (project: string): string => passwordOf(project, "of this test") };

const servers = [
  { title: "redis", server: undefined, missing: "no redis-server on PATH" },
  {
    title: "redis 8",
    server: process.env["FLEET_TEST_REDIS_8"],
    missing: "FLEET_TEST_REDIS_8 is not set",
  },
  { title: "valkey", server: process.env["FLEET_TEST_VALKEY"], missing: "FLEET_TEST_VALKEY is not set" },
].map((one) => ({ ...one, isThere: one.title === "redis" || one.server !== undefined }));

const fleetOf = (redis: RedisServer, more: Partial<FleetOptions> = {}): ReturnType<typeof createFleet> =>
  createFleet({ instances: [instance("orders", [redis])], acl, ...more });

/** The users that connections of fleets are logged in as. */
async function usersOn(redis: RedisServer): Promise<readonly string[]> {
  const lines = String(await redis.call("CLIENT", "LIST")).split("\n");
  return lines
    .filter((line) => line.includes("name=fleet:"))
    .map((line) => /user=(\S+)/.exec(line)?.[1] ?? "")
    .toSorted();
}

async function differences(work: () => Promise<void>): Promise<readonly unknown[]> {
  const events: unknown[] = [];
  const note = (event: unknown): void => void events.push((event as { differences: unknown }).differences);
  subscribe("fleet:client:user", note);
  try {
    await work();
  } finally {
    unsubscribe("fleet:client:user", note);
  }
  return events;
}

describe.for(servers)("users of projects on $title", ({ server, isThere, missing }) => {
  const start = (): Promise<RedisServer> => startRedis(server === undefined ? {} : { server });

  test("are made before a project's first command, which goes as its own user", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await using fleet = await fleetOf(redis);
    expect(await fleet.command(orders, ["SET", "k", "v"], shop)).toBe("OK");
    expect(await fleet.command(orders, ["GET", "k"], shop)).toBe("v");
    expect(await fleet.command(orders, ["GET", "proj:shop:k"])).toBe("v");
    expect(await usersOn(redis)).toEqual(["default", "fleet-shop"]);
    expect(await redis.call("ACL", "LOG")).toEqual([]);
  });

  test.for([false, true])("batches go as the user too, atomic %s", async (atomic, context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await using fleet = await fleetOf(redis);
    const commands = [
      ["SET", "k", "v"],
      ["GET", "k"],
    ] as const;
    expect(await fleet.batch(orders, commands, { ...shop, atomic })).toEqual([
      { value: "OK" },
      { value: "v" },
    ]);
    expect(await usersOn(redis)).toEqual(["default", "fleet-shop"]);
    expect(await redis.call("ACL", "LOG")).toEqual([]);
  });

  test("that are gone, or may less than they should, are put right by the command that finds it", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await using fleet = await fleetOf(redis);
    await fleet.command(orders, ["SET", "k", "v"], shop);
    const found = await differences(async () => {
      await redis.call("ACL", "SETUSER", "fleet-shop", "-get");
      expect(await fleet.command(orders, ["GET", "k"], shop)).toBe("v");
    });
    expect(found).toEqual([["missing-commands"]]);
    // What is deleted loses its connections; a read is tried again.
    const again = await differences(async () => {
      await redis.call("ACL", "DELUSER", "fleet-shop");
      expect(await eventually(() => fleet.command(orders, ["GET", "k"], shop))).toBe("v");
    });
    expect(again).toEqual([["missing"]]);
  });

  test("that may nothing any more get a whole batch a second time, and a batch of which some ran never", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await using fleet = await fleetOf(redis, { clock: new FakeClock() });
    await fleet.command(orders, ["SET", "n", "0"], shop);
    await redis.call("ACL", "SETUSER", "fleet-shop", "-incr", "-get");
    expect(
      await fleet.batch(
        orders,
        [
          ["INCR", "n"],
          ["GET", "n"],
        ],
        shop,
      ),
    ).toEqual([{ value: 1 }, { value: "1" }]);
    await redis.call("ACL", "SETUSER", "fleet-shop", "-get");
    const [incremented, got] = await fleet.batch(
      orders,
      [
        ["INCR", "n"],
        ["GET", "n"],
      ],
      shop,
    );
    expect(incremented).toEqual({ value: 2 });
    expect(got).toHaveProperty("error.message", expect.stringContaining("NOPERM"));
  });

  test("are looked at once a second at most where a refusal cannot be cured", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    const clock = new FakeClock();
    await using fleet = await fleetOf(redis, { clock, acl: { ...acl, scripts: true } });
    await fleet.command(orders, ["SET", "k", "v"], shop);
    await redis.call("CONFIG", "RESETSTAT");
    // A namespace that says the wrong prefix stands for any command that the user may never run.
    const foreign = {
      namespace: { project: "shop", scope: wrongly, restoreMessage: String },
    };
    for (let count = 0; count < 20; count += 1)
      await expect(fleet.command(orders, ["GET", "k"], foreign as never)).rejects.toThrow("NOPERM");
    expect(await looks(redis)).toBe(1);
    await clock.advance(1000);
    await expect(fleet.command(orders, ["GET", "k"], foreign as never)).rejects.toThrow("NOPERM");
    expect(await looks(redis)).toBe(2);
  });

  test("are rotated to another secret with no call that fails", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    let passwords = ["first"];
    const options = { acl: { password: () => passwords, intervalMs: 20 } };
    await using fleet = await fleetOf(redis, options);
    const load = new Load(8, () => fleet.command(orders, ["GET", "x"], shop));
    await eventually(load.progress(300));
    passwords = ["second", "first"];
    await eventually(load.progress(300));
    // The next dial logs in with the new one.
    await redis.call("CLIENT", "KILL", "USER", "fleet-shop");
    await eventually(load.progress(300));
    passwords = ["second"];
    await eventually(load.progress(300));
    await load.stop();
    expect(load.errors).toEqual([]);
  });

  test("a project whose connections are cut again and again costs others nothing", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await using fleet = await fleetOf(redis, { retries: 0 });
    await fleet.command(orders, ["GET", "k"]);
    const load = new Load(8, () => fleet.command(orders, ["GET", "x"], shop));
    await eventually(load.progress(10));
    for (let count = 0; count < 20; count += 1) {
      await redis.call("CLIENT", "KILL", "USER", "fleet-shop").catch(() => undefined);
      expect(await fleet.command(orders, ["GET", "k"])).toBeNull();
    }
    await load.stop();
    expect(load.errors.length).toBeGreaterThan(0);
    expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toMatchObject({ name: "closed" });
  });

  test("a fleet that may not make users refuses projects, and serves the owner", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    await redis.call("ACL", "SETUSER", "weak", "on", ">x", "~*", "&*", "+@all", "-acl");
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: { username: "weak", password: "env:WEAK" } })],
      credentials: () => Promise.resolve({ username: "weak", password: "x" }),
      acl,
    });
    for (let count = 0; count < 20; count += 1)
      await expect(fleet.command(orders, ["GET", "k"], shop)).rejects.toMatchObject({
        code: "FLEET_POOL_AUTHENTICATION",
        message: expect.stringContaining("FLEET_ISOLATION_ACL_FORBIDDEN"),
      });
    expect(await fleet.command(orders, ["GET", "k"])).toBeNull();
  });

  test("give way when there are too many, and close when idle", async (context) => {
    context.skip(!isThere, missing);
    await using redis = await start();
    const clock = new FakeClock();
    await using fleet = await fleetOf(redis, {
      clock,
      random: seededRandom(1),
      acl: { ...acl, maxUsers: 2, idleMs: 500 },
    });
    for (const id of ["a", "b", "c"])
      await fleet.command(orders, ["SET", "k", id], { namespace: Namespace.project(id) });
    await eventually(async () => expect(await usersOn(redis)).toEqual(["default", "fleet-b", "fleet-c"]));
    await clock.advance(500);
    await eventually(async () => expect(await usersOn(redis)).toEqual(["default"]));
    expect(await fleet.command(orders, ["GET", "k"], { namespace: Namespace.project("a") })).toBe("a");
  });
});

describe("users of projects", () => {
  test("are made again by a server that was started anew", async () => {
    const first = await startRedis();
    const { port } = first;
    await using fleet = await fleetOf(first);
    await fleet.command(orders, ["SET", "k", "v"], shop);
    await first.close();
    await using second = await startRedis({ port });
    expect(await eventually(() => fleet.command(orders, ["SET", "k", "w"], shop))).toBe("OK");
    expect(await usersOn(second)).toEqual(["default", "fleet-shop"]);
  });

  test.for(["absent", "present"])(
    "are %s on the replica that is promoted, and no write is lost to it",
    async (which) => {
      await using set = await startReplication();
      const [replica] = set.replicas;
      if (replica === undefined) throw new Error("no replica");
      await using fleet = await createFleet({ instances: [instance("orders", [set.primary, replica])], acl });
      await eventually(() => fleet.command(orders, ["INCR", "n"], shop));
      await fleet.command(orders, ["GET", "n"], shop);
      // The first call may have asked the replica, before its role was known.
      await replica.call("ACL", "DELUSER", "fleet-shop");
      const rule = ["on", `>${acl.password("shop")}`, "~proj:shop:*", "+@all"];
      if (which === "present") await replica.call("ACL", "SETUSER", "fleet-shop", ...rule);
      let written = 1;
      const load = new Load(8, async () => {
        await fleet.command(orders, ["INCR", "n"], shop);
        written += 1;
      });
      await eventually(load.progress(300));
      await set.primary.call("FAILOVER");
      await eventually(async () => expect(String(await replica.call("ROLE"))).toContain("master"));
      await eventually(load.progress(300));
      await load.stop();
      expect(load.errors).toEqual([]);
      expect(await fleet.command(orders, ["GET", "n"], shop)).toBe(String(written));
      expect(await usersOn(replica)).toContain("fleet-shop");
    },
  );

  test("log in with default off", async () => {
    await using redis = await startRedis({
      acl: ["user operator on >x ~* &* +@all", "user default on nopass ~* &* +@all"],
    });
    await using fleet = await createFleet({
      instances: [instance("orders", [redis], { credentials: { username: "operator", password: "env:X" } })],
      credentials: () => Promise.resolve({ username: "operator", password: "x" }),
      acl,
    });
    await redis.call("ACL", "SETUSER", "default", "off");
    expect(await fleet.command(orders, ["SET", "k", "v"], shop)).toBe("OK");
  });

  test("need a password of the project", async () => {
    await expect(
      createFleet({ instances: [instance("orders", [])], acl: {} as never }),
    ).rejects.toMatchObject({
      code: "FLEET_CLIENT_INVALID_OPTION",
      message: expect.stringContaining("acl.password"),
    });
  });
});

async function looks(redis: RedisServer): Promise<number> {
  const stats = String(await redis.call("INFO", "commandstats"));
  return Number(/cmdstat_acl\|getuser:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

function wrongly(): unknown {
  return {
    command: ["GET", "proj:other:k"],
    access: "read",
    lane: "shared",
    restore: <R>(reply: R): R => reply,
  };
}
