import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
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
beforeEach(async () => {
  await server.call("FLUSHALL");
  // As after a fetch of the public list of addresses, which would come from the internet.
  await server.call("SET", "@upstash/ratelimit:ipDenyListStatus", "valid", "EX", "10000");
});

const clientOf = (): Redis => new Redis({ url: gateway.url, token: secrets.full });
// A day: no test sees the end of a window.
const algorithms = {
  fixedWindow: () => Ratelimit.fixedWindow(3, "1 d"),
  slidingWindow: () => Ratelimit.slidingWindow(3, "1 d"),
  tokenBucket: () => Ratelimit.tokenBucket(3, "1 d", 3),
  cachedFixedWindow: () => Ratelimit.cachedFixedWindow(3, "1 d"),
} as const;
const names = Object.keys(algorithms) as (keyof typeof algorithms)[];

const limiterOf = (name: keyof typeof algorithms, more: object = {}): Ratelimit =>
  new Ratelimit({
    redis: clientOf(),
    limiter: algorithms[name](),
    ephemeralCache: name === "cachedFixedWindow" ? new Map() : false,
    ...more,
  });

describe.for(names)("@upstash/ratelimit, %s", (name) => {
  test("limits, says what remains, and forgets", async () => {
    const ratelimit = limiterOf(name);
    const answers: unknown[] = [];
    for (let call = 0; call < 4; call += 1) {
      const { success, limit, pending } = await ratelimit.limit("user");
      await pending;
      answers.push([success, limit]);
    }
    expect(answers).toEqual([
      [true, 3],
      [true, 3],
      [true, 3],
      [false, 3],
    ]);
    expect((await ratelimit.limit("another")).success).toBe(true);
    expect(await ratelimit.getRemaining("user")).toMatchObject({ remaining: 0 });
    await ratelimit.resetUsedTokens("user");
    expect(await ratelimit.getRemaining("user")).toMatchObject({ remaining: 3 });
  });

  test("waits until there is room, and limits by a rate", async () => {
    const ratelimit = limiterOf(name);
    expect((await ratelimit.blockUntilReady("user", 1000)).success).toBe(true);
    expect((await ratelimit.limit("user", { rate: 2 })).success).toBe(true);
  });

  test("with a list of the denied", async () => {
    const ratelimit = limiterOf(name, { enableProtection: true, analytics: true });
    await server.call("SADD", "@upstash/ratelimit:denyList:all", "banned");
    const banned = await ratelimit.limit("banned");
    await banned.pending;
    expect(banned).toMatchObject({ success: false, reason: "denyList" });
    expect((await ratelimit.limit("user")).success).toBe(true);
  });
});

test.for(["fixedWindow", "slidingWindow", "tokenBucket"] as const)(
  "@upstash/ratelimit, %s, with a limit that changes",
  async (name) => {
    const ratelimit = limiterOf(name, { dynamicLimits: true });
    await ratelimit.setDynamicLimit({ limit: 1 });
    const answers: boolean[] = [];
    for (let call = 0; call < 2; call += 1) {
      const { success, pending } = await ratelimit.limit("user");
      await pending;
      answers.push(success);
    }
    expect(answers).toEqual([true, false]);
    expect(await ratelimit.getDynamicLimit()).toEqual({ dynamicLimit: 1 });
  },
);
