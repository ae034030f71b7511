import { eventually, startRedis, startReplication } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet, Namespace } from "../../src/index.ts";
import { endpoint, instance } from "../hand-source.ts";
import { heard } from "../heard.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const namespace = Namespace.project("acme");

describe("a batch", () => {
  test("answers each command in its own slot: replies, the server's errors and refusals", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const commands = [
      ["SET", "text", "x"],
      ["MONITOR"],
      ["INCR", "text"],
      ["GET"],
      ["RPUSH", "list", "a"],
      ["LMPOP", "1", "list", "LEFT"],
      ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"],
    ] as const;
    const replies = await fleet.batch(orders, commands, { namespace });
    expect(replies).toMatchObject([
      { value: "OK" },
      { error: { code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED", command: "MONITOR" } },
      { error: { code: "FLEET_POOL_REPLY" } },
      { error: { code: "FLEET_ISOLATION_INVALID_COMMAND" } },
      { value: 1 },
      { value: ["list", ["a"]] },
      { error: { prefix: "NOGROUP" } },
    ]);
    expect(JSON.stringify(replies.map((slot) => ("error" in slot ? slot.error.message : "")))).not.toContain(
      "proj:acme",
    );
    expect(await redis.call("KEYS", "*")).toEqual(["proj:acme:text"]);
  });

  test("of refusals only asks nobody, and an empty one is answered with nothing", async () => {
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "127.0.0.1", port: 1 }])],
    });
    expect(await fleet.batch(orders, [["MONITOR"], ["SUBSCRIBE", "x"]], { namespace })).toMatchObject([
      { error: { command: "MONITOR" } },
      { error: { command: "SUBSCRIBE" } },
    ]);
    expect(await fleet.batch(orders, [])).toEqual([]);
  });

  test("answers bytes when asked for bytes", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    expect(
      await fleet.batch(
        orders,
        [
          ["SET", "x", Buffer.from([0, 255])],
          ["GET", "x"],
        ],
        { encoding: "buffer" },
      ),
    ).toEqual([{ value: Buffer.from("OK") }, { value: Buffer.from([0, 255]) }]);
  });

  test("that only reads may go to a replica, one with a write goes to the primary", async () => {
    await using pair = await startReplication();
    const [replica] = pair.replicas;
    if (replica === undefined) throw new Error("no replica");
    const endpoints = [endpoint(pair.primary, { role: "primary" }), endpoint(replica, { role: "replica" })];
    await using fleet = await createFleet({
      instances: [instance("orders", endpoints, { reads: "replica" })],
    });
    await fleet.command(orders, ["PING"]);
    // A replica is read from once it has answered whom it follows.
    await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.replication).toBeDefined());
    using channel = heard();
    await fleet.batch(orders, [
      ["GET", "x"],
      ["EXISTS", "x"],
    ]);
    await fleet.batch(orders, [
      ["GET", "x"],
      ["INCR", "x"],
    ]);
    expect(channel.messages).toMatchObject([
      { access: "read", endpoint: `${replica.host}:${replica.port}` },
      { access: "write", endpoint: `${pair.primary.host}:${pair.primary.port}` },
    ]);
  });
});

describe("an atomic batch", () => {
  test("is one transaction", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    expect(
      await fleet.batch(
        orders,
        [
          ["SET", "x", "1"],
          ["INCR", "x"],
          ["LPUSH", "x", "y"],
          ["GET", "x"],
        ],
        {
          namespace,
          atomic: true,
        },
      ),
    ).toMatchObject([{ value: "OK" }, { value: 2 }, { error: { prefix: "WRONGTYPE" } }, { value: "2" }]);
  });

  test("is refused as a whole when one command is: nothing is sent", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await expect(
      fleet.batch(orders, [["SET", "x", "1"], ["MONITOR"]], { namespace, atomic: true }),
    ).rejects.toMatchObject({ code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED" });
    expect(await redis.call("DBSIZE")).toBe(0);
    expect(fleet.stats.instances[0]?.endpoints[0]?.pool).toBeUndefined();
  });

  test("is discarded as a whole when the server refuses one command, and the breaker stays closed", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await redis.call("CONFIG", "SET", "maxmemory", "1");
    const discarded = fleet.batch(
      orders,
      [
        ["GET", "x"],
        ["SET", "x", "1"],
      ],
      { atomic: true },
    );
    await expect(discarded).rejects.toMatchObject({
      prefix: "EXECABORT",
      cause: { code: "FLEET_POOL_MEMORY" },
    });
    await redis.call("CONFIG", "SET", "maxmemory", "0");
    expect(await redis.call("EXISTS", "x")).toBe(0);
    expect(await fleet.batch(orders, [["SET", "x", "1"]], { atomic: true })).toEqual([{ value: "OK" }]);
    await eventually(() =>
      expect(fleet.stats.instances[0]?.endpoints[0]).toMatchObject({
        inFlight: 0,
        breaker: { name: "closed", consecutiveFailures: 0 },
      }),
    );
  });
});
