import { roundRobin } from "@fleet/router";
import { eventually, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

test("an endpoint whose health check failed is not called while another candidate is left", async () => {
  await using hung = await startRedis();
  await using alive = await startRedis();
  await using fleet = await createFleet({
    instances: [instance("hung", [hung], { group: "cache" }), instance("alive", [alive], { group: "cache" })],
    policy: roundRobin(),
    timeoutMs: 200,
    retries: 0,
    pool: { healthCheckIntervalMs: 50 },
    // Not the breaker keeps the calls away.
    breaker: { consecutiveFailures: 1000 },
  });
  for (const name of ["hung", "alive"]) await fleet.command({ instance: name }, ["PING"]);
  const statusOf = (name: string): string | undefined =>
    fleet.stats.instances.find((each) => each.name === name)?.endpoints[0]?.health?.status;
  hung.pause();
  await eventually(() => expect(statusOf("hung")).toBe("unhealthy"));
  using channel = heard();
  for (let count = 0; count < 40; count += 1) await fleet.command({ group: "cache" }, ["INCR", "n"]);
  expect(channel.messages.filter((message) => message.instance !== "alive")).toEqual([]);
  // By its own name it is called all the same: there is no other candidate.
  await expect(fleet.command({ instance: "hung" }, ["INCR", "n"])).rejects.toMatchObject({
    code: "FLEET_POOL_COMMAND_TIMEOUT",
  });
  hung.resume();
  await eventually(() => expect(statusOf("hung")).toBe("healthy"));
  await eventually(async () => {
    await fleet.command({ group: "cache" }, ["INCR", "n"]);
    expect(channel.messages.at(-1)?.instance).toBe("hung");
  });
});
