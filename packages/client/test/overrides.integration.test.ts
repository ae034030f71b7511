import { setImmediate as turn } from "node:timers/promises";

import { FakeClock, startFaultProxy, startRedis } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { combinationFaults, createFleet, type FleetOptions } from "../src/index.ts";
import { endpoint, HandSource, instance } from "./hand-source.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const carts = { instance: "carts" } as const;

test("an instance has the pool of its own, and the fleet's where it says nothing", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({
    instances: [instance("orders", [redis]), instance("carts", [endpoint(redis, { uid: "carts" })])],
    pool: { maxInFlight: 7, exclusive: { max: 2, maxWaiters: 5 } },
    overrides: { orders: { pool: { exclusive: { max: 4 } } } },
  });
  await fleet.command(orders, ["PING"]);
  await fleet.command(carts, ["PING"]);
  const stats = (name: string): unknown =>
    fleet.stats.instances.find((one) => one.name === name)?.endpoints[0]?.pool;
  expect(stats("orders")).toMatchObject({ exclusive: { max: 4 } });
  expect(stats("carts")).toMatchObject({ exclusive: { max: 2 } });
});

test("a call has the time of its instance, and one to a group that of the fleet", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  const clock = new FakeClock();
  await using fleet = await createFleet({
    instances: [instance("orders", [proxy], { group: "shop" })],
    clock,
    retries: 0,
    overrides: { orders: { timeoutMs: 500 } },
  });
  await fleet.command(orders, ["PING"]);
  proxy.inject({ kind: "blackhole" }, { direction: "reply" });
  const refused = fleet.command(orders, ["GET", "x"]).catch((error: unknown) => error);
  const waits = fleet.command({ group: "shop" }, ["GET", "x"]).catch((error: unknown) => error);
  let isOver = false;
  void waits.then(() => (isOver = true));
  await clock.advance(500);
  expect(await refused).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" });
  expect(isOver).toBe(false);
  await clock.advance(2500);
  expect(await waits).toMatchObject({ code: expect.stringMatching(/^FLEET_POOL_/) });
});

test("an instance is retried as often as it says, and its breaker opens when it says", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  await using fleet = await createFleet({
    instances: [instance("orders", [proxy]), instance("carts", [endpoint(proxy, { uid: "carts" })])],
    random: () => 0,
    overrides: { orders: { retries: 0, breaker: { consecutiveFailures: 1 } } },
  });
  const loading = { inject: "-LOADING Redis is loading the dataset in memory" } as const;
  for (const target of [orders, carts]) await fleet.command(target, ["PING"]);
  proxy.inject({ kind: "reply", k: 1, do: loading });
  await expect(fleet.command(orders, ["GET", "x"])).rejects.toThrow(/LOADING/);
  proxy.inject({ kind: "reply", k: 1, do: loading });
  expect(await fleet.command(carts, ["GET", "x"])).toBeNull();
  const breakers = fleet.stats.instances.map(({ name, endpoints }) => [name, endpoints[0]?.breaker?.name]);
  expect(Object.fromEntries(breakers)).toEqual({ orders: "open", carts: "closed" });
});

test("an instance waits for a successor as long as it says", async () => {
  await using redis = await startRedis();
  const source = new HandSource(
    instance("orders", [redis]),
    instance("carts", [endpoint(redis, { uid: "carts" })]),
  );
  await using fleet = await createFleet({ sources: [source], overrides: { orders: { failoverMs: 0 } } });
  source.say(instance("orders", []), instance("carts", []));
  await turn();
  let isOver = false;
  const waiting = fleet.command(carts, ["PING"]).finally(() => (isOver = true));
  await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({ reason: "no-endpoints" });
  expect(isOver).toBe(false);
  source.say(instance("orders", []), instance("carts", [endpoint(redis, { uid: "carts" })]));
  expect(await waiting).toBe("PONG");
});

test("options that do not go together are all found at once, those of an instance too", async () => {
  const wrong = {
    pool: { reconnectMinDelayMs: 9, reconnectMaxDelayMs: 8 },
    breaker: { openMs: 9, maxOpenMs: 8 },
  };
  expect(
    await combinationFaults({ ...wrong, overrides: { orders: { breaker: { maxOpenMs: 10 } } } }),
  ).toEqual([
    "breaker.maxOpenMs must be finite and at least openMs (9), got 8",
    expect.stringMatching(/^pool\.reconnectMaxDelayMs must be /),
    expect.stringMatching(/^overrides\.orders\.pool\.reconnectMaxDelayMs must be /),
  ]);
  expect(await combinationFaults({})).toEqual([]);
});

describe("what an instance cannot have is refused before anything is opened", () => {
  test.for<[Record<string, unknown>, string]>([
    [{ orders: { pool: { exclusive: { max: 0 } } } }, "overrides.orders.pool.exclusive.max must be"],
    [{ orders: { breaker: { openMs: -1 } } }, "overrides.orders.breaker.openMs must be"],
    [{ orders: { timeoutMs: 0 } }, "overrides.orders.timeoutMs must be"],
    [{ orders: { timeout: 5 } }, "overrides.orders.timeout must be left out"],
    [{ orders: { pool: { name: "x" } } }, "overrides.orders.pool.name must be left out"],
    [{ orders: 5 }, "overrides.orders must be a record of options"],
  ])("%j", async ([overrides, message]) => {
    const options = { instances: [], sources: [], overrides } as unknown as FleetOptions;
    await expect(
      createFleet({ ...options, instances: [instance("orders", [{ host: "127.0.0.1", port: 1 }])] }),
    ).rejects.toThrow(message);
  });
});
