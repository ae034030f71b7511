import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";

import { eventually, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { endpointSlice, secret, service, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesObject, KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, expect, test } from "vitest";

import { parseConfig } from "../../src/config/config-schema.ts";
import { serve } from "../../src/serve.ts";
import type { Serving } from "../../src/serve.ts";

const token = "kubernetes-token-for-tests";
const adminToken = "kubernetes-admin-for-tests";

let server: KubernetesServer;
let redis: RedisServer;
let gateway: Serving;

/** A release with the labels of the profile app-redis, at an address that the gateway maps to the Redis of this test. */
function orders(annotations: Readonly<Record<string, string>> = {}): KubernetesObject {
  const told = {
    "fleet.dev/tls-secret": "orders-crt",
    "fleet.dev/servername": "localhost",
    "fleet.dev/password-secret": "orders-auth/password",
    ...annotations,
  };
  return service("orders", { labels: { app: "redis", instance: "orders" }, annotations: told });
}

const slice = (...addresses: readonly string[]): KubernetesObject =>
  endpointSlice("orders", { endpoints: addresses.map((address) => ({ addresses: [address] })) });

async function ask(path: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(gateway.data + path, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, json: await response.json() };
}

async function admin(path: string): Promise<string> {
  const headers = { authorization: `Bearer ${adminToken}` };
  return (await fetch(gateway.admin + path, { headers })).text();
}

beforeAll(async () => {
  [server, redis] = await Promise.all([
    startKubernetes(),
    startRedis({ tls: true, acl: ["user app on >first ~* &* +@all"] }),
  ]);
  const ca = await readFile(redis.tls!.caFile, "utf8");
  await server.apply(
    secret("orders-crt", { "ca.crt": ca }),
    secret("orders-auth", { username: "app", password: "first" }),
    orders(),
    slice("10.20.0.5"),
  );
  const parsed = parseConfig({
    listen: { port: 0 },
    adminListen: { port: 0 },
    log: { level: "silent" },
    kubernetes: { kubeconfig: server.kubeconfig, resyncMs: 1000 },
    addressMap: { "10.20.0.5:6379": `${redis.host}:${redis.port}` },
    tokens: [
      { name: "web", digest: hash("sha256", token), rights: "full", targets: "*", dedicated: true },
      { name: "operator", digest: hash("sha256", adminToken), rights: "admin" },
    ],
  });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  gateway = await serve(parsed.config, {});
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([redis.close(), server.close()]);
});

test("a release is served with the password and the certificates that Secrets hold", async () => {
  expect(await ask("/redis/orders/set/price/42")).toEqual({ status: 200, json: { result: "OK" } });
  expect(await redis.call("CLIENT", "LIST")).toMatch(/ user=app /);
});

test("a rotated password needs no restart", async () => {
  await server.apply(secret("orders-auth", { username: "app", password: "second" }));
  await redis.call("ACL", "SETUSER", "app", "resetpass", ">second");
  await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await eventually(async () =>
    expect(await ask("/redis/orders/get/price")).toEqual({ status: 200, json: { result: "42" } }),
  );
});

test("what changes in the cluster changes here: drained, without endpoints, and back", async () => {
  await server.apply(orders({ "fleet.dev/state": "drain" }));
  await eventually(async () =>
    expect(await ask("/redis/orders/get/price")).toMatchObject({
      status: 503,
      json: { error: "ERR the instance is not available (drain)" },
    }),
  );
  await server.apply(orders(), slice());
  await eventually(async () =>
    expect(await ask("/redis/orders/get/price")).toMatchObject({
      status: 503,
      json: { error: "ERR the instance is not available (no-endpoints)" },
    }),
  );
  await server.apply(slice("10.20.0.5"));
  await eventually(async () => expect((await ask("/redis/orders/get/price")).status).toBe(200));
});

test("an operator sees what was found, what was skipped and how current it is", async () => {
  const nothing = {
    labels: { app: "redis", instance: "web" },
    ports: [{ name: "http-metrics", port: 9121 }],
  };
  await server.apply(service("web-metrics", nothing));
  await eventually(async () =>
    expect(JSON.parse(await admin("/v1/discovery"))).toMatchObject({
      instances: 1,
      sources: [
        {
          name: "kubernetes",
          state: "current",
          instances: 1,
          profiles: { "app-redis": 1 },
          conditions: [{ reason: "NoPort", object: "Service default/web-metrics" }],
          resources: [
            { resource: "services/default", state: "watching", lists: 1 },
            { resource: "endpointslices/default", state: "watching", lists: 1 },
          ],
        },
      ],
    }),
  );
  expect(await admin("/discovery")).toMatch(/^ {2}NoPort: Service default\/web-metrics: /m);
  const metrics = await admin("/metrics");
  expect(metrics).toContain('fleet_discovery_instances{source="kubernetes",profile="app-redis"} 1\n');
  expect(metrics).toContain('fleet_discovery_conditions{source="kubernetes",reason="NoPort"} 1\n');
  expect(metrics).toContain(
    'fleet_discovery_resource_watching{source="kubernetes",resource="services/default"} 1\n',
  );
  await server.delete(service("web-metrics", nothing));
  await eventually(async () =>
    expect(JSON.parse(await admin("/v1/discovery"))).toMatchObject({ sources: [{ conditions: [] }] }),
  );
});

test("while the API server is away everything is served, new connections included", async () => {
  await server.kill();
  await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await eventually(async () => expect((await ask("/redis/orders/get/price")).status).toBe(200));
  await eventually(async () =>
    expect(JSON.parse(await admin("/v1/discovery"))).toMatchObject({
      instances: 1,
      sources: [{ state: "stale", lastError: "FLEET_DISCOVERY_API_UNREACHABLE" }],
    }),
  );
  expect(await admin("/metrics")).toContain(
    'fleet_discovery_errors_total{code="FLEET_DISCOVERY_SECRET_STALE",source=""}',
  );
  await server.restart();
  await server.apply(slice());
  await eventually(async () => expect((await ask("/redis/orders/get/price")).status).toBe(503), {
    timeoutMs: 40_000,
  });
}, 60_000);
