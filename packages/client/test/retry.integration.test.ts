import { eventually, FakeClock, startFaultProxy, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const loading = { inject: "-LOADING Redis is loading the dataset in memory" } as const;

test("the same endpoint is asked again after the advised pause, times a random part of it", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  const clock = new FakeClock();
  await using fleet = await createFleet({
    instances: [instance("orders", [proxy])],
    clock,
    random: () => 0.5,
  });
  await fleet.command(orders, ["PING"]);
  using channel = heard();
  proxy.inject({ kind: "reply", k: 1, do: loading });
  let answer: unknown;
  const call = fleet.command(orders, ["GET", "x"]).then((reply) => (answer = reply));
  // Counted before the pause begins.
  await eventually(() =>
    expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toMatchObject({ consecutiveFailures: 1 }),
  );
  await clock.advance(249);
  expect(answer).toBeUndefined();
  await clock.advance(1);
  expect(await call).toBeNull();
  expect(channel.messages).toMatchObject([{ attempts: 2, outcome: "ok", durationMs: 250 }]);
});
