import { createHash } from "node:crypto";

import { eventually, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { systemClock } from "@fleet/time";
import { Redis, type RedisOptions } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Connect } from "../../src/index.ts";
import type { Script } from "../../src/protocol/lua/script.ts";
import { RedisLink } from "../../src/redis/link.ts";
import { connectTo, hear, thrown } from "../scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

function linkOver(connect: Connect, commandTimeoutMs = 1000): RedisLink & Disposable {
  const link = new RedisLink({
    connect,
    commandTimeoutMs,
    clock: systemClock,
    random: Math.random,
    of: { run: "test", link: "admin" },
  });
  return Object.assign(link, { [Symbol.dispose]: () => link.close() });
}

const text = "return redis.call('INCR', KEYS[1])";
const increment: Script = { name: "take", text, sha: createHash("sha1").update(text).digest("hex") };

describe("a link", () => {
  test.for<[string, Omit<RedisOptions, "replyMapping">]>([
    ["their defaults", {}],
    ["a connection that waits to be asked", { lazyConnect: true }],
    ["no queue for what comes too early", { enableOfflineQueue: false }],
    ["no end to trying", { maxRetriesPerRequest: null }],
    ["no second try", { retryStrategy: null, maxRetriesPerRequest: 0 }],
    ["the older protocol", { protocol: 2 }],
    ["no ready check", { enableReadyCheck: false }],
  ])("works over connections with %s, and again after they were cut", async ([, options]) => {
    await using proxy = await startFaultProxy(server);
    using link = linkOver(() => new Redis(proxy.port, proxy.host, options));
    expect(await link.call("PING", [])).toBe("PONG");
    proxy.cut();
    await eventually(async () => expect(await link.call("PING", [])).toBe("PONG"));
    expect(proxy.connections).toBe(1);
  });

  test("waits for a connection that takes its time to make", async () => {
    const made = Promise.withResolvers<void>();
    using link = linkOver(async () => {
      await made.promise;
      return connectTo(server)();
    });
    const answer = link.call("PING", []);
    await server.call("PING");
    made.resolve();
    expect(await answer).toBe("PONG");
  });

  test("tells that a connection cannot be made, with the reason, whichever it is", async () => {
    await using gone = await startRedis();
    await gone.kill();
    using refused = linkOver(connectTo(gone));
    expect(await thrown(refused.call("PING", []))).toMatchObject({
      code: "FLEET_BACKFILL_REDIS_UNREACHABLE",
      cause: { code: "ECONNREFUSED" },
    });
    using broken = linkOver(() => {
      throw new Error("no address");
    });
    expect(await thrown(broken.call("PING", []))).toMatchObject({ cause: { message: "no address" } });
  });

  test("gives a command up at its deadline, destroys the connection under it, and makes another", async () => {
    await using proxy = await startFaultProxy(server);
    using link = linkOver(connectTo(proxy), 60_000);
    await link.call("PING", []);
    proxy.inject({ kind: "blackhole" }, { direction: "reply" });
    expect(await thrown(link.call("PING", [], 150))).toMatchObject({
      code: "FLEET_BACKFILL_REDIS_UNREACHABLE",
      message: "Redis did not answer PING within 150 ms",
    });
    await eventually(() => expect(proxy.connections).toBe(0));
    proxy.heal();
    expect(await link.call("PING", [])).toBe("PONG");
  });

  test("gives a server up that accepts and says nothing, and leaves no connection behind", async () => {
    await using proxy = await startFaultProxy(server);
    proxy.inject({ kind: "blackhole" });
    using link = linkOver(connectTo(proxy), 100);
    for (let times = 0; times < 3; times += 1) await thrown(link.call("PING", []));
    proxy.heal();
    await eventually(() => expect(proxy.connections).toBe(0));
    await eventually(async () => expect(await link.call("PING", [])).toBe("PONG"));
  });

  test("hands a server's refusal on as it is, and keeps the connection", async () => {
    using link = linkOver(connectTo(server));
    const id = await link.call("CLIENT", ["ID"]);
    expect(await thrown(link.call("HSET", ["only"]))).toMatchObject({ name: "ReplyError" });
    expect(await link.call("CLIENT", ["ID"])).toBe(id);
  });

  test("rejects what is under way when it is closed, and everything after", async () => {
    const link = linkOver(connectTo(server));
    await link.call("PING", []);
    const waiting = thrown(link.call("BLPOP", ["nothing", 0], 60_000));
    await eventually(async () => expect(await server.call("INFO", "clients")).toContain("blocked_clients:1"));
    link.close();
    expect(await waiting).toMatchObject({ code: "FLEET_BACKFILL_CLOSED" });
    expect(await thrown(link.call("PING", []))).toMatchObject({ code: "FLEET_BACKFILL_CLOSED" });
    await eventually(async () => expect(await server.call("INFO", "clients")).toContain("blocked_clients:0"));
  });
});

describe("a script", () => {
  test("that the server has forgotten is sent again in full", async () => {
    using link = linkOver(connectTo(server));
    await server.call("DEL", "n");
    expect(await link.run(increment, ["n"], [])).toBe(1);
    await server.call("SCRIPT", "FLUSH");
    expect(await link.run(increment, ["n"], [])).toBe(2);
    expect(await link.run(increment, ["n"], [])).toBe(3);
  });

  test("that must be answered is run until it is, unless it is refused for good or told to stop", async () => {
    await using mortal = await startRedis();
    using link = linkOver(connectTo(mortal), 200);
    expect(await link.runUntilAnswered(increment, ["n"], [])).toBe(1);
    await mortal.kill();
    using events = hear("redis");
    const waiting = link.runUntilAnswered(increment, ["n"], []);
    await eventually(() => expect(events.messages.length).toBeGreaterThan(2));
    await mortal.restart();
    expect(await waiting).toBe(1);
    await mortal.call("SET", "n", "text");
    expect(await thrown(link.runUntilAnswered(increment, ["n"], []))).toMatchObject({ name: "ReplyError" });
    await mortal.kill();
    const stop = new AbortController();
    const stopped = thrown(link.runUntilAnswered(increment, ["n"], [], stop.signal));
    stop.abort(new Error("enough"));
    expect(await stopped).toMatchObject({ message: "enough" });
  });
});
