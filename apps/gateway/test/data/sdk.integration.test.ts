import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let redis: RedisServer;
let other: RedisServer;
let gateway: OpenGateway;

beforeAll(async () => {
  [redis, other] = await Promise.all([startRedis(), startRedis()]);
  gateway = await openGateway({
    instances: [
      { name: "orders", endpoints: [at(redis)] },
      { name: "sessions", endpoints: [at(other)] },
    ],
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all([redis.close(), other.close()]);
});
beforeEach(() => Promise.all([redis.call("FLUSHALL"), other.call("FLUSHALL")]));

interface Variant {
  readonly path: string;
  readonly enableAutoPipelining: boolean;
  readonly responseEncoding: false | "base64";
}
const variants: readonly Variant[] = ["", "/redis/orders"].flatMap((path) =>
  [true, false].flatMap((enableAutoPipelining) =>
    ([false, "base64"] as const).map((responseEncoding) => ({
      path,
      enableAutoPipelining,
      responseEncoding,
    })),
  ),
);
const clientOf = ({ path, ...options }: Variant): Redis =>
  new Redis({ url: gateway.url + path, token: secrets.full, ...options });

describe("@upstash/redis works as it is", () => {
  test.for(variants)("with %j", async (variant) => {
    const client = clientOf(variant);
    expect(await client.ping()).toBe("PONG");
    expect(await client.set("text", 'grüße \u0001 "quoted"', { ex: 100 })).toBe("OK");
    expect(await client.get("text")).toBe('grüße \u0001 "quoted"');
    expect(await client.get("none")).toBeNull();
    await client.set("object", { a: [1, "two", null] });
    expect(await client.get("object")).toEqual({ a: [1, "two", null] });
    expect(await client.hset("hash", { name: "n", count: 7 })).toBe(2);
    expect(await client.hgetall("hash")).toEqual({ name: "n", count: 7 });
    expect(await client.hmget("hash", "name", "absent")).toEqual({ name: "n", absent: null });
    expect(await client.lpush("list", "c", "b", "OK")).toBe(3);
    expect(await client.lrange("list", 0, -1)).toEqual(["OK", "b", "c"]);
    expect(await client.zadd("zset", { score: 1.5, member: "m" })).toBe(1);
    expect(await client.zrange("zset", 0, -1, { withScores: true })).toEqual(["m", 1.5]);
    expect(await client.incrby("count", 41)).toBe(41);
    expect(await client.mget("count", "none")).toEqual([41, null]);
    expect(await client.eval("return {KEYS[1], ARGV[1]}", ["k"], ["v"])).toEqual(["k", "v"]);
    const [cursor, keys] = await client.scan("0", { match: "co*", count: 1000 });
    expect([cursor, keys]).toEqual(["0", ["count"]]);
    await expect(client.lpush("count", "x")).rejects.toThrow(/WRONGTYPE/);
  });

  test.for(variants)("auto-pipelining, pipelines and transactions with %j", async (variant) => {
    const client = clientOf(variant);
    const written = await Promise.all(
      Array.from({ length: 50 }, (_, index) => client.set(`k${index}`, index)),
    );
    expect(new Set(written)).toEqual(new Set(["OK"]));
    const values = await Promise.all(Array.from({ length: 50 }, (_, index) => client.get(`k${index}`)));
    expect(values).toEqual(Array.from({ length: 50 }, (_, index) => index));

    const pipeline = client.pipeline();
    pipeline.set("p", "1").incr("p").get("p");
    expect(await pipeline.exec()).toEqual(["OK", 2, 2]);

    const multi = client.multi();
    multi.hset("h", { f: "v" }).hgetall("h").del("h");
    expect(await multi.exec()).toEqual([1, { f: "v" }, 1]);

    const broken = client.multi();
    broken.set("s", "x").lpush("s", "y");
    await expect(broken.exec()).rejects.toThrow(/WRONGTYPE/);
  });
});

test("a base URL leads to its instance", async () => {
  const orders = new Redis({ url: `${gateway.url}/redis/orders`, token: secrets.full });
  const sessions = new Redis({ url: `${gateway.url}/redis/sessions/`, token: secrets.full });
  await Promise.all([orders.set("who", "orders"), sessions.set("who", "sessions")]);
  expect([await redis.call("GET", "who"), await other.call("GET", "who")]).toEqual(["orders", "sessions"]);
});

test("a wrong token and a refused command are errors with the hosted service's words", async () => {
  const stranger = new Redis({ url: gateway.url, token: "wrong", retry: false });
  await expect(stranger.get("k")).rejects.toThrow(/WRONGPASS invalid or missing auth token/);
  const reader = new Redis({ url: gateway.url, token: secrets.readOnly, enableAutoPipelining: false });
  await expect(reader.set("k", "v")).rejects.toThrow(
    /NOPERM this user has no permissions to run the 'set' command/,
  );
  const project = new Redis({ url: gateway.url, token: secrets.shop });
  await project.set("k", "v");
  expect(await project.get("k")).toBe("v");
  expect(await redis.call("GET", "proj:shop:k")).toBe("v");
});
