import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

test("a server is asked once for a name that stands in no table; what it does not know stays refused", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({ instances: [instance("orders", [redis])] });
  const unknown = { code: "FLEET_ISOLATION_COMMAND_NOT_ALLOWED", reason: "unknown" };
  const nowhere = ["NOWHERE.GET", "k"] as const;
  await expect(fleet.command(orders, nowhere)).rejects.toMatchObject(unknown);
  expect(await fleet.batch(orders, [nowhere, ["PING"]])).toMatchObject([
    { error: unknown },
    { value: "PONG" },
  ]);
  await expect(fleet.batch(orders, [nowhere], { atomic: true })).rejects.toMatchObject(unknown);
  expect(String(await redis.call("INFO", "commandstats"))).toContain("cmdstat_command|info:calls=1,");
});
