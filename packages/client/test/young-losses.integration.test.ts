import { eventually, startFaultProxy, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { Load } from "./load.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

test("cuts of the connection right after one another, under load, refuse no call and open no circuit", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  // The longest pauses that jitter allows.
  await using fleet = await createFleet({ instances: [instance("orders", [proxy])], random: () => 0.99 });
  await fleet.command(orders, ["PING"]);
  const load = new Load(50, () => fleet.command(orders, ["INCR", "n"]));
  const lossesAre = (count: number) => () =>
    expect(fleet.stats.instances[0]!.endpoints[0]!.pool!.shared.losses).toBe(count);
  for (const cut of [1, 2, 3]) {
    await eventually(load.progress(200), { intervalMs: 1 });
    proxy.cut();
    await eventually(lossesAre(cut), { intervalMs: 1 });
  }
  await eventually(load.progress(200));
  await load.stop();
  // What was in flight at a cut may have been executed, so it fails; nothing else does.
  const ends = new Set(load.errors.map((error) => `${(error as { code?: string }).code}`));
  expect([...ends]).toEqual(["FLEET_POOL_CONNECTION_LOST"]);
  expect(load.count("unknown")).toBe(load.errors.length);
  expect(load.errors.length).toBeLessThanOrEqual(3 * 50);
});
