import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Lock } from "@upstash/lock";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { describe, expect, test } from "vitest";

import type { Serving } from "../../src/serve.ts";
import { gatewayOn, token } from "./serve-projects.ts";

const servers = [
  { title: "redis", server: undefined, missing: "no redis-server on PATH" },
  {
    title: "redis 8",
    server: process.env["FLEET_TEST_REDIS_8"],
    missing: "FLEET_TEST_REDIS_8 is not set",
  },
  { title: "valkey", server: process.env["FLEET_TEST_VALKEY"], missing: "FLEET_TEST_VALKEY is not set" },
].map((one) => ({ ...one, isThere: one.title === "redis" || one.server !== undefined }));

const scripts = { FLEET_ACL_SCRIPTS: "true" };
const clientOf = ({ data }: Serving): Redis => new Redis({ url: data, token });
// A day: no test sees the end of a window.
const algorithms = {
  fixedWindow: () => Ratelimit.fixedWindow(3, "1 d"),
  slidingWindow: () => Ratelimit.slidingWindow(3, "1 d"),
  tokenBucket: () => Ratelimit.tokenBucket(3, "1 d", 3),
  cachedFixedWindow: () => Ratelimit.cachedFixedWindow(3, "1 d"),
} as const;
const names = Object.keys(algorithms) as (keyof typeof algorithms)[];

describe.for(servers)("clients that run scripts, with a project token, on $title", (one) => {
  const start = (): Promise<RedisServer> =>
    startRedis(one.server === undefined ? {} : { server: one.server });

  test.for(names)("@upstash/ratelimit limits a project by %s", async (name, context) => {
    context.skip(!one.isThere, one.missing);
    await using redis = await start();
    await using gateway = await gatewayOn(redis, scripts);
    const ratelimit = new Ratelimit({
      redis: clientOf(gateway),
      limiter: algorithms[name](),
      ephemeralCache: name === "cachedFixedWindow" ? new Map() : false,
    });
    const answers: boolean[] = [];
    for (let call = 0; call < 4; call += 1) {
      const { success, pending } = await ratelimit.limit("user");
      await pending;
      answers.push(success);
    }
    expect(answers).toEqual([true, true, true, false]);
    expect(await ratelimit.getRemaining("user")).toMatchObject({ remaining: 0 });
    // Its script scans the keys of all projects.
    await expect(ratelimit.resetUsedTokens("user")).rejects.toThrow(
      /can't run this command|has no permissions to run the 'scan'/,
    );
    const keys = (await redis.call("KEYS", "*")) as readonly string[];
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !key.startsWith("proj:shop:"))).toEqual([]);
  });

  test("@upstash/lock is held by one of a project, extended and released", async (context) => {
    context.skip(!one.isThere, one.missing);
    await using redis = await start();
    await using gateway = await gatewayOn(redis, scripts);
    const options = {
      id: "job",
      lease: 60_000,
      retry: { attempts: 1, delay: 1 },
      redis: clientOf(gateway) as never,
    };
    const [held, other] = [new Lock(options), new Lock(options)];
    expect(await held.acquire()).toBe(true);
    expect(await other.acquire()).toBe(false);
    expect(await held.extend(60_000)).toBe(true);
    expect(await other.release()).toBe(false);
    expect(await redis.call("KEYS", "*")).toEqual(["proj:shop:job"]);
    expect(await held.release()).toBe(true);
    expect(await other.acquire()).toBe(true);
  });
});
