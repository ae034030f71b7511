import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../../src/index.ts";

test("a run whose answer has arrived while this process was held up is not given up", async () => {
  await using server = await startRedis();
  const { host, port } = server;
  await using fleet = await createFleet({
    instances: [{ name: "orders", endpoints: [{ host, port }] }],
    timeoutMs: 200,
  });
  await fleet.dial();
  const value = fleet.run({ instance: "orders" }, async (redis) => {
    const answer = redis.incr("n");
    // It leaves in this turn.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    const startedAt = performance.now();
    while (performance.now() - startedAt < 1000);
    return await answer;
  });
  await expect(value).resolves.toBe(1);
});
