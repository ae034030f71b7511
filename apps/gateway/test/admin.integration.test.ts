import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at, openGateway } from "./open-gateway.ts";
import type { OpenGateway } from "./open-gateway.ts";

let redis: RedisServer;
let gateway: OpenGateway;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await openGateway({ instances: [{ name: "orders", group: "shop", endpoints: [at(redis)] }] });
  await gateway.ask("/set/k/v");
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await redis.close();
});

test("probes answer without a token", async () => {
  expect(await gateway.admin("/healthz")).toMatchObject({ status: 200, json: { status: "ok" } });
  expect(await gateway.admin("/readyz")).toMatchObject({ status: 200, json: { status: "ready" } });
});

test("metrics are Prometheus text", async () => {
  const { status, headers, text } = await gateway.admin("/metrics");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toMatch(/^fleet_\w+\{.*instance="orders"/m);
});

test("what is denied shows in the metrics and, at a bounded rate, in the log", async () => {
  const slots = JSON.stringify([
    ["KEYS", "*"],
    ["GET", "k"],
  ]);
  for (let call = 0; call < 20; call += 1) {
    const wrong = { authorization: "Bearer wrong-token-altogether" };
    await gateway.ask("/get/k", { token: null, headers: wrong });
    await gateway.ask("/set/a/b", { token: "readOnly" });
    await gateway.ask("/redis/orders/keys/*", { token: "aside" });
    await gateway.ask("/pipeline", { token: "readOnly", method: "POST", body: slots });
  }
  await gateway.admin("/v1/instances", "full");
  const { text } = await gateway.admin("/metrics");
  const denied = (reason: string, token: string): string =>
    `fleet_gateway_denials_total{reason="${reason}",token="${token}"}`;
  expect(text).toContain(`${denied("unauthorized", "")} 20\n`);
  expect(text).toContain(`${denied("rights", "read-only")} 40\n`);
  expect(text).toContain(`${denied("target", "aside")} 20\n`);
  expect(text).toContain(`${denied("port", "full")} 1\n`);
  expect(text).toMatch(/^fleet_gateway_answers_total\{status="200",code=""\} \d+$/m);
  expect(text).toContain('fleet_gateway_answers_total{status="401",code="FLEET_GATEWAY_UNAUTHORIZED"} 20\n');
  const lines = gateway.log
    .map((line) => JSON.parse(line) as { msg: string })
    .filter(({ msg }) => msg === "denied");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatchObject({ reason: "unauthorized", address: "127.0.0.1", count: 1 });
  expect(gateway.log.join("")).not.toContain("wrong-token");
});

test("instances show their state, role, health, breaker and pool", async () => {
  const { status, json } = await gateway.admin("/v1/instances", "admin");
  expect(status).toBe(200);
  expect(json).toMatchObject({
    instances: [
      {
        name: "orders",
        group: "shop",
        state: "ready",
        endpoints: [
          {
            ...at(redis),
            role: expect.stringMatching(/primary|unknown/),
            inFlight: 0,
            health: { status: expect.any(String) },
            breaker: { name: "closed" },
            pool: expect.any(Object),
          },
        ],
      },
    ],
    discovery: { sources: [{ state: "current" }] },
  });
});

test("discovery shows its sources and what it found, for programs and for people", async () => {
  expect(await gateway.admin("/v1/discovery", "admin")).toMatchObject({
    status: 200,
    json: {
      instances: 1,
      sources: [
        { name: "static", state: "current", instances: 1, profiles: {}, conditions: [], resources: [] },
      ],
    },
  });
  const { status, headers, text } = await gateway.admin("/discovery", "admin");
  expect([status, headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(text).toMatch(
    /^source static: current, 1 instance, synced \d+\.\d s ago\n\norders, ready, group shop\n {2}127\.0\.0\.1:\d+ /,
  );
});

describe("what is not open is closed", () => {
  test.for([
    "/v1/instances",
    "/v1/discovery",
    "/discovery",
    "/v1",
    "/",
    "/nowhere",
    "/healthz/x",
    "/metrics/",
    "/%zz",
  ])("%s", async (path) => {
    expect(await gateway.admin(path)).toMatchObject({ status: expect.toBeOneOf([400, 401]) });
    expect((await gateway.admin("/v1/instances", "full")).status).toBe(403);
    expect((await gateway.admin("/v1/instances", "readOnly")).status).toBe(403);
  });

  test("and what is nothing is told to the operator", async () => {
    expect(await gateway.admin("/nowhere", "admin")).toMatchObject({
      status: 404,
      json: { error: "ERR not found", code: "FLEET_GATEWAY_NOT_FOUND" },
    });
    const answer = await fetch(`${gateway.adminUrl}/v1/instances`, {
      method: "POST",
      headers: { authorization: "Bearer admin-token-for-tests", "content-type": "a broken / type" },
      body: "x",
    });
    expect([answer.status, await answer.json()]).toEqual([
      405,
      { error: "ERR method not allowed; allowed: GET, HEAD", code: "FLEET_GATEWAY_METHOD_NOT_ALLOWED" },
    ]);
  });
});

test("the data port knows none of the admin pages", async () => {
  for (const path of ["/healthz", "/readyz", "/metrics", "/v1/instances", "/discovery"])
    expect((await gateway.ask(path, { token: null })).status).toBe(401);
  expect((await gateway.ask("/metrics")).status).toBe(400);
});

test("after closing nothing is left open", async () => {
  const short = await openGateway({ instances: [{ name: "orders", endpoints: [at(redis)] }] });
  await short.ask("/get/k");
  await short[Symbol.asyncDispose]();
  await expect(fetch(short.url)).rejects.toThrow("fetch failed");
  await expect(fetch(`${short.adminUrl}/healthz`)).rejects.toThrow("fetch failed");
});
