import { eventually, startFaultProxy, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

describe("run", () => {
  test("leases a connection of its own: WATCH and MULTI work, and the next one finds it clean", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({
      instances: [instance("orders", [redis])],
      pool: { exclusive: { max: 1 } },
    });
    const replies = await fleet.run(orders, async (connection) => {
      await connection.watch("n");
      return connection.multi().incr("n").incr("n").exec();
    });
    expect(replies).toEqual([
      [null, 1],
      [null, 2],
    ]);
    await fleet.run(orders, (connection) => connection.watch("n"));
    await fleet.command(orders, ["SET", "n", "10"]);
    // A WATCH left over from the run before would discard this.
    expect(await fleet.run(orders, (connection) => connection.multi().incr("n").exec())).toEqual([
      [null, 11],
    ]);
    expect(fleet.stats.instances[0]?.endpoints[0]?.pool?.exclusive).toMatchObject({
      total: 1,
      leased: 0,
      dials: 1,
    });
  });

  test("a blocking wait delays no command", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const popped = fleet.run(orders, (connection) => connection.blpop("queue", 0));
    await eventually(async () => expect(await redis.call("INFO", "clients")).toContain("blocked_clients:1"));
    await fleet.command(orders, ["RPUSH", "queue", "job"]);
    expect(await popped).toEqual(["queue", "job"]);
  });

  test("is not repeated once the work has begun, whatever it throws", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using fleet = await createFleet({ instances: [instance("orders", [proxy])] });
    let begun = 0;
    const cut = fleet.run({ ...orders, access: "read" }, async (connection) => {
      begun += 1;
      proxy.cut();
      return connection.get("x");
    });
    await expect(cut).rejects.toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" });
    expect(begun).toBe(1);
    const failure = new Error("the caller's own");
    for (let count = 0; count < 10; count += 1)
      await expect(fleet.run(orders, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(fleet.stats.instances[0]?.endpoints[0]).toMatchObject({
      inFlight: 0,
      breaker: { name: "closed" },
    });
  });

  test("is repeated elsewhere while no connection was leased", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({
      instances: [
        instance("dead", [{ host: "127.0.0.1", port: 1 }], { group: "cache" }),
        instance("sound", [redis], { group: "cache" }),
      ],
    });
    let begun = 0;
    for (let count = 1; count <= 10; count += 1)
      expect(await fleet.run({ group: "cache" }, (connection) => ((begun += 1), connection.incr("n")))).toBe(
        count,
      );
    expect(begun).toBe(10);
  });

  test("ends at its deadline, and its connection with it", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    using channel = heard();
    await expect(
      fleet.run({ ...orders, timeoutMs: 100 }, (connection) => connection.blpop("queue", 0)),
    ).rejects.toMatchObject({
      code: "FLEET_CLIENT_DEADLINE",
      outcome: "unknown",
      instance: "orders",
      timeoutMs: 100,
    });
    await eventually(async () => expect(await redis.call("INFO", "clients")).toContain("blocked_clients:0"));
    // The element is for who waits now, not for the one that gave up.
    await redis.call("RPUSH", "queue", "job");
    expect(await redis.call("LLEN", "queue")).toBe(1);
    expect(channel.messages).toMatchObject([
      { command: "RUN", outcome: "unknown", code: "FLEET_CLIENT_DEADLINE" },
    ]);
    expect(fleet.stats.instances[0]?.endpoints[0]?.pool?.exclusive).toMatchObject({
      leased: 0,
      doubleReleases: 0,
    });
  });

  test("ends with the caller's abort, before and after the lease", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const early = AbortSignal.abort("early");
    await expect(fleet.run({ ...orders, signal: early }, (connection) => connection.get("x"))).rejects.toBe(
      "early",
    );
    const caller = new AbortController();
    const waiting = fleet.run({ ...orders, signal: caller.signal }, (connection) =>
      connection.blpop("queue", 0),
    );
    await eventually(async () => expect(await redis.call("INFO", "clients")).toContain("blocked_clients:1"));
    caller.abort("late");
    await expect(waiting).rejects.toBe("late");
    expect(fleet.stats.instances[0]?.endpoints[0]).toMatchObject({
      inFlight: 0,
      breaker: { name: "closed", consecutiveFailures: 0 },
    });
  });
});
