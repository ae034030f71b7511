import { hash } from "node:crypto";

import type { RedisServer } from "@fleet/testkit";

import { loadConfig } from "../../src/config.ts";
import { serve } from "../../src/serve.ts";
import type { Serving } from "../../src/serve.ts";

/** Of the project `shop`. */
export const token = "shop-token-of-this-test";

/** A gateway with a token of the project `shop`, which makes users of projects. */
export async function gatewayOn(
  redis: RedisServer,
  more: Record<string, string> = {},
): Promise<Serving & AsyncDisposable> {
  const environment = {
    FLEET_INSTANCES: JSON.stringify([
      { name: "orders", endpoints: [{ host: redis.host, port: redis.port }] },
    ]),
    FLEET_TOKENS: JSON.stringify([
      { name: "shop", digest: hash("sha256", token), rights: "full", targets: ["orders"], project: "shop" },
    ]),
    FLEET_LISTEN_PORT: "0",
    FLEET_ADMIN_LISTEN_PORT: "0",
    FLEET_LOG_LEVEL: "silent",
    FLEET_DRAIN_DELAY_MS: "0",
    FLEET_ACL: "true",
    FLEET_ACL_SECRET: "env:ACL_SECRET",
    ACL_SECRET: "first",
    ...more,
  };
  const { config } = await loadConfig({ environment });
  const serving = await serve(config, environment);
  return { ...serving, [Symbol.asyncDispose]: () => serving.close() };
}
