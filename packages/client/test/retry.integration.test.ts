import { roundRobin } from "@fleet/router";
import { eventually, FakeClock, startFaultProxy, startRedis, startReplication } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { endpoint, instance } from "./hand-source.ts";
import { heard, heardPicks } from "./heard.ts";
import { Load } from "./load.ts";
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

test("calls that wait for one dial, or are on one connection, take one retry out of the budget together", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  // Nobody has called yet: the budget is its reserve.
  const retryBudget = { ratio: 0, reserve: 1 };
  const read = (fleet: Awaited<ReturnType<typeof createFleet>>): Promise<unknown> =>
    Promise.all(Array.from({ length: 300 }, () => fleet.command(orders, ["GET", "x"])));
  const alive = endpoint(redis, { role: "primary" });
  const [dead, other] = [{ host: "127.0.0.1", port: 1 }, proxy].map((server) =>
    instance("orders", [alive, endpoint(server, { role: "replica" })], { reads: "any" }),
  );
  if (dead === undefined || other === undefined) throw new Error("no instance");
  await using cold = await createFleet({ instances: [dead], retryBudget });
  await read(cold);
  await using fleet = await createFleet({
    instances: [other],
    retryBudget,
    policy: roundRobin(),
  });
  using picks = heardPicks();
  // The second endpoint is asked as soon as it has said what it is.
  await eventually(async () => {
    await fleet.command(orders, ["GET", "x"]);
    expect(new Set(picks.messages.map((pick) => pick.outcome === "picked" && pick.target)).size).toBe(2);
  });
  proxy.inject({ kind: "blackhole" }, { direction: "reply" });
  const calls = read(fleet);
  await eventually(() => expect(fleet.stats.instances[0]?.endpoints[1]?.inFlight).toBeGreaterThan(100));
  proxy.cut();
  await calls;
});

test("a replica that hangs fails no read: half of its time is left for another", async () => {
  await using set = await startReplication({ replicas: 2 });
  const endpoints = [
    endpoint(set.primary, { role: "primary" }),
    ...set.replicas.map((replica) => endpoint(replica, { role: "replica" })),
  ];
  await using fleet = await createFleet({
    instances: [instance("orders", endpoints, { reads: "replica" })],
    timeoutMs: 1000,
  });
  const load = new Load(16, () => fleet.command(orders, ["GET", "x"]));
  await eventually(load.progress(1000));
  set.replicas[0]?.pause();
  await eventually(load.progress(500));
  // It waits for the calls that are under way, those to the replica that hangs too.
  await load.stop();
  set.replicas[0]?.resume();
  expect(load.errors).toEqual([]);
});
