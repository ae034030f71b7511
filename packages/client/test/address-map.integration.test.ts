import { addressMap } from "@fleet/discovery";
import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../src/index.ts";
import { instance } from "./hand-source.ts";
import { heard } from "./heard.ts";
import { needRedis } from "./need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const announced = { host: "10.20.0.5", port: 6379 };

test("an announced address is dialled where the map says, and keeps its name everywhere", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({
    instances: [instance("orders", [announced])],
    addressMap: addressMap({ "10.20.0.5:6379": `${redis.host}:${redis.port}` }),
  });
  using channel = heard();
  expect(await fleet.command(orders, ["PING"])).toBe("PONG");
  expect(channel.messages).toMatchObject([{ endpoint: "10.20.0.5:6379" }]);
  expect(fleet.stats.instances).toMatchObject([{ endpoints: [announced] }]);
  expect(String(await redis.call("CLIENT", "LIST"))).toContain("name=fleet:orders/10.20.0.5:6379:shared:");
  await redis.kill();
  await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({ pool: "orders/10.20.0.5:6379" });
});

test("a certificate is checked against what was announced, not against where it is dialled", async () => {
  await using redis = await startRedis({ tls: true });
  const tls = { caFile: redis.tls?.caFile ?? "" };
  await using fleet = await createFleet({
    instances: [
      instance("orders", [announced], { tls }),
      instance("named", [{ ...announced, port: 1 }], { tls: { ...tls, servername: "localhost" } }),
    ],
    addressMap: () => redis,
    retries: 0,
  });
  // It is for 127.0.0.1 and localhost.
  await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({
    code: "FLEET_POOL_CONNECT_FAILED",
    message: expect.stringContaining("10.20.0.5"),
  });
  expect(await fleet.command({ instance: "named" }, ["PING"])).toBe("PONG");
});
