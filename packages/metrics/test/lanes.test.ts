import { channel } from "node:diagnostics_channel";

import type { Lane } from "@fleet/pool";
import { RedisPool } from "@fleet/pool/ioredis";
import { expect, test } from "vitest";

import { observe } from "../src/index.ts";
import { endpoint, fleet } from "./fixtures.ts";

test("a lane that is new shows what it has, under its own name", async () => {
  const toy: Lane = {
    name: "toy",
    stats: {
      waiting: 7,
      dials: 1,
      failedDials: 0,
      losses: 0,
      timeouts: 0,
      exhausted: 0,
      inFlight: 3,
      max: 9,
    },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => toy.close(),
  };
  const name = "orders/10.0.0.1:6379";
  await using pool = new RedisPool({ name, host: "10.0.0.1", port: 6379 });
  (pool.lanes as Map<string, Lane>).set(toy.name, toy);
  using observation = observe({ stats: () => fleet([endpoint({ pool: pool.stats })]) });
  channel("fleet:pool:connection").publish({ name, lane: toy.name, event: "open" });
  channel("fleet:pool:acquire").publish({ name, lane: toy.name, waitedMs: 2, outcome: "hit" });
  const lines = (await observation.render()).split("\n");
  expect(lines.filter((line) => line.includes('lane="toy"') && !line.includes("_bucket"))).toEqual([
    `fleet_pool_connections_total{endpoint="${name}",lane="toy",event="open"} 1`,
    `fleet_pool_acquire_duration_seconds_sum{endpoint="${name}",lane="toy",outcome="hit"} 0.002`,
    `fleet_pool_acquire_duration_seconds_count{endpoint="${name}",lane="toy",outcome="hit"} 1`,
    `fleet_pool_in_flight{endpoint="${name}",lane="toy"} 3`,
    `fleet_pool_waiting{endpoint="${name}",lane="toy"} 7`,
    `fleet_pool_max{endpoint="${name}",lane="toy"} 9`,
  ]);
});
