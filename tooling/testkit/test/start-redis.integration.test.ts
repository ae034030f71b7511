import { expect, test } from "vitest";

import { startFaultProxy, startRedis } from "../src/index.ts";

test("a server answers on its own port and is gone after close", async () => {
  await using redis = await startRedis();
  expect(await redis.call("PING")).toBe("PONG");
  await redis.kill();
  await redis.restart();
  expect(await redis.call("SET", "k", "v")).toBe("OK");
  await using proxy = await startFaultProxy(redis);
  expect(proxy.connections).toBe(0);
  const { pid } = redis;
  await redis.close();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
