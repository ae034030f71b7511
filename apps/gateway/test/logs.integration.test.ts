import { startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { at, openGateway, secrets } from "./open-gateway.ts";

test("a line a request at debug, with route, status and time, and nothing of what was asked", async () => {
  await using redis = await startRedis();
  await using gateway = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  await gateway.ask(`/set/CANARY-key/CANARY-value?_token=${secrets.full}`, { token: null });
  await gateway.ask("/", { method: "POST", body: '["SET","CANARY-key","CANARY-value"]' });
  await gateway.ask("/pipeline", { method: "POST", body: '[["LPUSH","CANARY-key","CANARY-value"]]' });
  await gateway.ask("/multi-exec", { method: "POST", body: '[["CANARY-command","CANARY-value"]]' });
  await gateway.ask("/CANARY-command/CANARY-value");
  await gateway.ask("/get/CANARY-key", { token: null, headers: { authorization: "Bearer CANARY-token" } });
  await redis.kill();
  await gateway.ask("/set/CANARY-key/CANARY-value");
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const requests = lines.filter(({ msg }) => msg === "request");
  expect(requests.map(({ route, status, token }) => [route, status, token])).toEqual([
    ["command", 200, "full"],
    ["command", 200, "full"],
    ["pipeline", 200, "full"],
    ["multi-exec", 400, "full"],
    ["command", 400, "full"],
    [undefined, 401, undefined],
    ["command", expect.toBeOneOf([503, 504]), "full"],
  ]);
  for (const { level } of requests) expect(level).toBe(20);
  expect(requests.filter(({ ms }) => typeof ms === "number")).toHaveLength(6);
  const text = gateway.log.join("");
  expect(text).not.toContain("CANARY");
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
  const { text: metrics } = await gateway.admin("/metrics");
  expect(metrics).not.toContain("CANARY");
});

test("at info no request makes a line", async () => {
  await using redis = await startRedis();
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)] }],
    settings: { log: { level: "info" } },
  });
  await gateway.ask("/get/k");
  await gateway.ask("/nope");
  await gateway.ask("/get/k", { token: null });
  expect(gateway.log.filter((line) => line.includes('"request"'))).toEqual([]);
});
