import { eventually, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import type { Serving } from "../../src/serve.ts";
import { gatewayOn, token } from "./serve-projects.ts";

async function ask({ data }: Serving, ...command: readonly string[]): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(data, { method: "POST", headers, body: JSON.stringify(command) });
  return response.json();
}

const users = async (redis: RedisServer): Promise<string> => String(await redis.call("CLIENT", "LIST"));

describe("a gateway with acl.enabled", () => {
  test("serves projects as users of their own, before and after a restart of the server", async () => {
    await using redis = await startRedis();
    await using gateway = await gatewayOn(redis);
    expect(await ask(gateway, "SET", "k", "v")).toEqual({ result: "OK" });
    expect(await users(redis)).toContain("user=fleet-shop");
    await redis.restart();
    await eventually(async () => expect(await ask(gateway, "SET", "k", "w")).toEqual({ result: "OK" }));
    expect(await users(redis)).toContain("user=fleet-shop");
  });

  test("runs scripts of projects where acl.scripts says so, and the server keeps them to their keys", async () => {
    await using redis = await startRedis();
    await redis.call("SET", "proj:other:k", "SECRET");
    await using gateway = await gatewayOn(redis, { FLEET_ACL_SCRIPTS: "true" });
    const set = "return redis.call('SET', KEYS[1], ARGV[1])";
    expect(await ask(gateway, "EVAL", set, "1", "k", "v")).toEqual({ result: "OK" });
    expect(await redis.call("GET", "proj:shop:k")).toBe("v");
    const foreign = await ask(gateway, "EVAL", "return redis.call('GET', 'proj:other:k')", "0");
    expect(foreign).toHaveProperty("error");
    await using without = await gatewayOn(redis);
    expect(await ask(without, "EVAL", set, "1", "k", "v")).toHaveProperty("error");
  });

  test("and one with the next secret share a server while the secret is replaced", async () => {
    await using redis = await startRedis();
    await using before = await gatewayOn(redis);
    expect(await ask(before, "SET", "k", "v")).toEqual({ result: "OK" });
    const next = { FLEET_ACL_PREVIOUS_SECRET: "env:OLD_SECRET", OLD_SECRET: "first", ACL_SECRET: "second" };
    await using after = await gatewayOn(redis, next);
    expect(await ask(after, "GET", "k")).toEqual({ result: "v" });
    // Its next connection logs in with the password of before.
    await redis.call("CLIENT", "KILL", "USER", "fleet-shop");
    await eventually(async () => expect(await ask(before, "GET", "k")).toEqual({ result: "v" }));
    await eventually(async () => expect(await ask(after, "GET", "k")).toEqual({ result: "v" }));
    expect(await redis.call("ACL", "GETUSER", "fleet-shop")).toContainEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });

  test("does not start without a secret, or with one that is nowhere", async () => {
    await using redis = await startRedis();
    await expect(gatewayOn(redis, { FLEET_ACL_SECRET: "env:NOT_SET" })).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CONFIGURATION",
      message: expect.stringContaining("acl.secret: env:NOT_SET is not set or empty"),
    });
    await expect(gatewayOn(redis, { FLEET_ACL_SECRET: "CANARY and no reference" })).rejects.toMatchObject({
      message: expect.not.stringContaining("CANARY and no reference"),
    });
  });
});
