import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { at, openGateway } from "../open-gateway.ts";

test("a reply over the limit is 502, in a pipeline in its slot, and the other calls of the connection are answered", async () => {
  await using redis = await startRedis();
  const pool = { flush: "poll", maxReplyBytes: 100_000, maxRepliesBytes: 150_000 } as const;
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    fleet: { pool },
  });
  await redis.call("SETRANGE", "large", "5000000", "x");
  await redis.call("SET", "half", "x".repeat(60_000));
  const others = Array.from({ length: 20 }, () => gateway.ask("/echo/other"));
  const large = await gateway.ask("/get/large");
  expect(large).toMatchObject({
    status: 502,
    json: {
      code: "FLEET_POOL_REPLY_TOO_LARGE",

      error: expect.stringContaining("larger"),
    },
  });
  for (const { json } of await Promise.all(others)) expect(json).toEqual({ result: "other" });
  const body = JSON.stringify([
    ["GET", "large"],
    ["ECHO", "a"],
    ["GET", "half"],
    ["GET", "half"],
    ["GET", "half"],
  ]);
  const { status, json } = await gateway.ask("/pipeline", { method: "POST", body });
  expect(status).toBe(200);
  const half = { result: "x".repeat(60_000) };
  const over = { error: expect.stringContaining("larger") };
  expect(json).toMatchObject([over, { result: "a" }, half, half, over]);
  expect(gateway.fleet.stats.instances[0]!.endpoints[0]!.pool!.shared.losses).toBe(0);
});
