import { createFleet } from "@fleet/client";
import { startRedis } from "@fleet/testkit";
import { Registry } from "prom-client";
import { expect, test } from "vitest";

import { observe } from "../src/index.ts";

test("a fleet in use shows its commands, breakers, connections and leases", async () => {
  await using redis = await startRedis();
  const { host, port } = redis;
  await using fleet = await createFleet({ instances: [{ name: "orders", endpoints: [{ host, port }] }] });
  const register = new Registry();
  using _observation = observe({ register, stats: () => fleet.stats });
  const orders = { instance: "orders" };

  await fleet.command(orders, ["SET", "key", "value"]);
  await fleet.command(orders, ["GET", "key"]);
  await expect(fleet.command(orders, ["LPUSH", "key", "value"])).rejects.toThrow("WRONGTYPE");
  await expect(fleet.command({ instance: "nobody" }, ["GET", "key"])).rejects.toThrow("nobody");
  await fleet.run(orders, (connection) => connection.ping());

  const name = `orders/${host}:${port}`;
  const lines = (await register.metrics()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      `fleet_client_commands_total{instance="orders",endpoint="${name}",outcome="ok",code=""} 3`,
      `fleet_client_commands_total{instance="orders",endpoint="${name}",outcome="error",code="FLEET_POOL_REPLY"} 1`,
      'fleet_client_commands_total{instance="",endpoint="",outcome="error",code="FLEET_ROUTER_UNKNOWN_TARGET"} 1',
      'fleet_client_command_duration_seconds_count{instance="orders"} 4',
      `fleet_breaker_state{endpoint="${name}",state="closed"} 1`,
      `fleet_pool_connections_total{endpoint="${name}",lane="shared",event="open"} 1`,
      `fleet_pool_connections_total{endpoint="${name}",lane="exclusive",event="open"} 1`,
      `fleet_pool_in_flight{endpoint="${name}",lane="shared"} 0`,
      `fleet_pool_leased{endpoint="${name}",lane="exclusive"} 0`,
      `fleet_pool_health{endpoint="${name}"} 1`,
      'fleet_instances{state="ready"} 1',
      'fleet_discovery_source_state{source="static",state="current"} 1',
    ]),
  );
  expect(lines.join("\n")).not.toMatch(/"key"|"value"/);
});
