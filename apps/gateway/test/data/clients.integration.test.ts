import { UpstashRedisAdapter } from "@auth/upstash-redis-adapter";
import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Lock } from "@upstash/lock";
import { Redis } from "@upstash/redis";
import { createStorage } from "unstorage";
import upstashDriver from "unstorage/drivers/upstash";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, openGateway, secrets } from "../open-gateway.ts";
import type { OpenGateway } from "../open-gateway.ts";

let server: RedisServer;
let gateway: OpenGateway;
beforeAll(async () => {
  server = await startRedis();
  gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(server)] }] });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await server.close();
});
beforeEach(() => server.call("FLUSHALL"));

type Kind = "full" | "shop";
const redisOf = (token: Kind): Redis => new Redis({ url: gateway.url, token: secrets[token] });

describe.for(["full"] as const)("@upstash/lock with the token %s", (token) => {
  test("is held by one, extended and released", async () => {
    const options = {
      id: "job",
      lease: 60_000,
      retry: { attempts: 1, delay: 1 },
      redis: redisOf(token) as never,
    };
    const [one, other] = [new Lock(options), new Lock(options)];
    expect(await one.acquire()).toBe(true);
    expect(await other.acquire()).toBe(false);
    expect(await one.extend(60_000)).toBe(true);
    expect(await other.release()).toBe(false);
    expect(await one.release()).toBe(true);
    expect(await one.getStatus()).toBe("FREE");
    expect(await other.acquire()).toBe(true);
  });
});

describe.for(["full", "shop"] as const)("@vercel/kv with the token %s", (token) => {
  test("sets, gets, counts, and walks hashes and sets", async () => {
    // It reads its variables when it is loaded.
    process.env["KV_REST_API_URL"] = gateway.url;
    process.env["KV_REST_API_TOKEN"] = secrets[token];
    const { createClient } = await import("@vercel/kv");
    const kv = createClient({ url: gateway.url, token: secrets[token] });
    expect(await kv.set("user", { name: "n" }, { ex: 60, nx: true })).toBe("OK");
    expect(await kv.get("user")).toEqual({ name: "n" });
    expect(await kv.incrby("count", 2)).toBe(2);
    expect(await kv.hset("hash", { a: 1, b: "two" })).toBe(2);
    expect(await kv.hgetall("hash")).toEqual({ a: 1, b: "two" });
    expect(await kv.sadd("set", "m", "n")).toBe(2);
    const members: unknown[] = [];
    for await (const member of kv.sscanIterator("set")) members.push(member);
    expect(new Set(members)).toEqual(new Set(["m", "n"]));
    const multi = kv.multi();
    multi.set("k", "v");
    multi.get("k");
    expect(await multi.exec()).toEqual(["OK", "v"]);
  });
});

describe.for(["full", "shop"] as const)("unstorage with the token %s", (token) => {
  test("keeps items with metadata, and removes them", async () => {
    const storage = createStorage({
      driver: upstashDriver({ url: gateway.url, token: secrets[token], base: "app" }),
    });
    await storage.setItem("user:1", { name: "n" }, { ttl: 60 });
    expect(await storage.getItem("user:1")).toEqual({ name: "n" });
    expect(await storage.hasItem("user:1")).toBe(true);
    expect(await storage.getItems(["user:1", "user:2"])).toEqual([
      { key: "user:1", value: { name: "n" } },
      { key: "user:2", value: null },
    ]);
    await storage.removeItem("user:1");
    expect(await storage.hasItem("user:1")).toBe(false);
  });
});

describe.for(["full", "shop"] as const)("@auth/upstash-redis-adapter with the token %s", (token) => {
  test("keeps users, accounts, sessions and verification tokens", async () => {
    const adapter = UpstashRedisAdapter(redisOf(token), { baseKeyPrefix: "auth:" });
    const user = await adapter.createUser!({
      id: "u",
      email: "a@example.com",
      emailVerified: new Date(0),
      name: "n",
    });
    expect(await adapter.getUserByEmail!("a@example.com")).toEqual(user);
    await adapter.linkAccount!({
      userId: user.id,
      type: "oauth",
      provider: "github",
      providerAccountId: "7",
    } as never);
    expect(await adapter.getUserByAccount!({ provider: "github", providerAccountId: "7" })).toEqual(user);
    const session = { sessionToken: "s", userId: user.id, expires: new Date(4_000_000_000_000) };
    await adapter.createSession!(session);
    expect(await adapter.getSessionAndUser!("s")).toEqual({ session, user });
    await adapter.deleteSession!("s");
    expect(await adapter.getSessionAndUser!("s")).toBeNull();
    const verification = { identifier: "a@example.com", token: "t", expires: new Date(4_000_000_000_000) };
    await adapter.createVerificationToken!(verification);
    expect(await adapter.useVerificationToken!({ identifier: "a@example.com", token: "t" })).toEqual(
      verification,
    );
    expect(await adapter.useVerificationToken!({ identifier: "a@example.com", token: "t" })).toBeNull();
  });
});
