import { eventually, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { createFleet, Namespace } from "../src/index.ts";
import { HandSource, instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const acme = Namespace.project("acme");
const rival = Namespace.project("rival");

describe("a fleet of one instance", () => {
  test("answers a project's commands in ten lines", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({
      instances: [{ name: "orders", endpoints: [{ host: redis.host, port: redis.port }] }],
    });
    expect(await fleet.command(orders, ["SET", "price", "42"], { namespace: acme })).toBe("OK");
    expect(await fleet.command(orders, ["GET", "price"], { namespace: acme })).toBe("42");
    expect(await redis.call("GET", "proj:acme:price")).toBe("42");
  });

  test("without a namespace the caller owns the whole instance", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await fleet.command(orders, ["SET", "price", "42"]);
    expect(await redis.call("GET", "price")).toBe("42");
    expect(await fleet.command(orders, ["GET", "price"], { encoding: "buffer" })).toEqual(Buffer.from("42"));
  });

  test("keeps two projects apart, in keys, replies and error texts", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await fleet.command(orders, ["SET", "price", "42"], { namespace: acme });
    await fleet.command(orders, ["RPUSH", "list", "a"], { namespace: acme });
    expect(await fleet.command(orders, ["GET", "price"], { namespace: rival })).toBeNull();
    expect(await fleet.command(orders, ["LMPOP", "1", "list", "LEFT"], { namespace: acme })).toEqual([
      "list",
      ["a"],
    ]);
    expect(await fleet.command(orders, ["KEYS", "*"], { namespace: acme })).toEqual(["price"]);
    await expect(fleet.command(orders, ["SWAPDB", "0", "1"], { namespace: acme })).rejects.toMatchObject({
      code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED",
    });
    const read: [string, ...string[]] = ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"];
    const error = await fleet.command(orders, read, { namespace: acme }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "FLEET_POOL_REPLY", prefix: "NOGROUP" });
    expect(String(error)).toContain("'s'");
    expect(String(error)).not.toContain("proj:acme");
  });

  test("passes the server's errors and the leaves' refusals through, and none of them opens the breaker", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    await fleet.command(orders, ["SET", "text", "x"]);
    for (let times = 0; times < 10; times += 1)
      await expect(fleet.command(orders, ["INCR", "text"])).rejects.toMatchObject({
        code: "FLEET_POOL_REPLY",
      });
    await expect(fleet.command({ instance: "nobody" }, ["GET", "x"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_UNKNOWN_TARGET",
    });
    await expect(fleet.command({ group: "nobody" }, ["GET", "x"])).rejects.toMatchObject({
      code: "FLEET_ROUTER_UNKNOWN_TARGET",
    });
    await expect(fleet.command(orders, ["BLPOP", "x", "0"])).rejects.toMatchObject({
      code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED",
    });
    expect(fleet.stats.instances[0]?.endpoints[0]).toMatchObject({
      inFlight: 0,
      breaker: { name: "closed", consecutiveFailures: 0 },
    });
  });

  test("dials nobody before the first call", async () => {
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "127.0.0.1", port: 1 }])],
    });
    expect(fleet.instances.get("orders")?.endpoints).toHaveLength(1);
    expect(fleet.stats.instances[0]).toMatchObject({
      name: "orders",
      state: "ready",
      endpoints: [{ port: 1, pool: undefined, health: undefined, breaker: undefined }],
    });
  });
});

describe("what a fleet tells", () => {
  test("one message per call, with what happened and nothing of the data", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    using channel = heard();
    await fleet.command(orders, ["set", "secret-key", "secret-value"]);
    await fleet.batch(orders, [["GET", "secret-key"]]);
    await fleet.batch(orders, [["GET", "secret-key"]], { atomic: true });
    await fleet.run(orders, (connection) => connection.get("secret-key"));
    await fleet.command(orders, ["INCR", "secret-key"]).catch(() => undefined);
    await fleet.command({ instance: "nobody" }, ["GET", "x"]).catch(() => undefined);
    const endpoint = `${redis.host}:${redis.port}`;
    const asked = { instance: "orders", endpoint, attempts: 1, durationMs: expect.any(Number) };
    expect(channel.messages).toEqual([
      { ...asked, command: "SET", access: "write", outcome: "ok" },
      { ...asked, command: "PIPELINE", access: "read", outcome: "ok" },
      { ...asked, command: "MULTI", access: "read", outcome: "ok" },
      { ...asked, command: "RUN", access: "write", outcome: "ok" },
      { ...asked, command: "INCR", access: "write", outcome: "error", code: "FLEET_POOL_REPLY" },
      {
        instance: "nobody",
        endpoint: undefined,
        command: "GET",
        access: "read",
        durationMs: expect.any(Number),
        attempts: 0,
        outcome: "error",
        code: "FLEET_ROUTER_UNKNOWN_TARGET",
      },
    ]);
    expect(JSON.stringify(channel.messages)).not.toContain("secret");
  });
});

describe("close", () => {
  test("lets calls under way finish, refuses new ones, and closes the sources it was handed", async () => {
    await using redis = await startRedis();
    const source = new HandSource(instance("orders", [redis]));
    const fleet = await createFleet({ sources: [source] });
    await fleet.command(orders, ["SET", "price", "42"]);
    const underWay = Array.from({ length: 100 }, () => fleet.command(orders, ["GET", "price"]));
    const closing = fleet.close();
    expect(fleet.close()).toBe(closing);
    await expect(fleet.command(orders, ["GET", "price"])).rejects.toMatchObject({
      code: "FLEET_CLIENT_CLOSED",
      outcome: "not-sent",
    });
    expect(new Set(await Promise.all(underWay))).toEqual(new Set(["42"]));
    await closing;
    expect(source.closed).toBe(true);
  });

  test("ends calls that do not finish within the grace, and says what is known about them", async () => {
    await using redis = await startRedis();
    const fleet = await createFleet({ instances: [instance("orders", [redis])], graceMs: 50 });
    await fleet.command(orders, ["PING"]);
    redis.pause();
    const write = fleet.command(orders, ["INCR", "n"]).catch((error: unknown) => error);
    await fleet.close();
    expect(await write).toMatchObject({ code: "FLEET_POOL_CONNECTION_LOST", outcome: "unknown" });
    redis.resume();
  });

  test("leaves no socket and no timer behind", async () => {
    await using redis = await startRedis();
    const fleet = await createFleet({
      instances: [instance("orders", [redis]), instance("dead", [{ host: "127.0.0.1", port: 1 }])],
    });
    await fleet.command(orders, ["GET", "x"]);
    await fleet.run(orders, (connection) => connection.get("x"));
    await fleet.command({ instance: "dead" }, ["GET", "x"]).catch(() => undefined);
    await fleet.close();
    await eventually(() => expect(open()).toEqual([]));
    await eventually(async () => expect(await redis.call("CLIENT", "LIST")).not.toContain("name=fleet:"));
  });
});

function open(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind.startsWith("TCP") || kind === "Timeout")
    .toSorted();
}

describe("a refusal", () => {
  test("says that nothing was sent, and what to use instead", async () => {
    await using redis = await startRedis();
    await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
    const refused = (command: [string, ...string[]], namespace?: Namespace): Promise<unknown> =>
      fleet.command(orders, command, { ...(namespace && { namespace }) }).catch((error: unknown) => error);
    for (const namespace of [undefined, acme]) {
      for (const command of [
        ["BLPOP", "q", "0"],
        ["SUBSCRIBE", "news"],
        ["WATCH", "k"],
      ] as const)
        expect(await refused([...command], namespace)).toMatchObject({
          code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED",
          outcome: "not-sent",
          message: expect.stringContaining("run() of a fleet") as string,
        });
      expect(await refused(["MULTI"], namespace)).toMatchObject({
        message: expect.stringContaining("atomic batch") as string,
      });
    }
    await expect(fleet.command("orders" as never, ["GET", "k"])).rejects.toMatchObject({
      code: "FLEET_CLIENT_INVALID_OPTION",
      message: 'selector must be { instance: "..." } or { group: "..." }, got "orders"',
    });
    await expect(fleet.command({ instance: "nobody" }, ["GET", "k"])).rejects.toMatchObject({
      outcome: "not-sent",
    });
  });

  test("of a breaker has the last failure as its cause", async () => {
    await using fleet = await createFleet({
      instances: [instance("orders", [{ host: "127.0.0.1", port: 1 }])],
      breaker: { consecutiveFailures: 1 },
      retries: 0,
    });
    await expect(fleet.command(orders, ["GET", "k"])).rejects.toMatchObject({
      code: "FLEET_POOL_CONNECT_FAILED",
    });
    const error = await fleet.command(orders, ["GET", "k"]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "FLEET_BREAKER_OPEN", outcome: "not-sent" });
    expect((error as Error).cause).toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED" });
  });
});
