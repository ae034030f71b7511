import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually, startRedis } from "@fleet/testkit";
import {
  endpointSlice,
  kubeconfig,
  pod,
  secret,
  service,
  startApiServerDouble,
} from "@fleet/testkit/kubernetes";
import { expect, onTestFinished, test } from "vitest";

import { discoveryText } from "../../src/admin/discovery-text.ts";
import { parseConfig } from "../../src/config/config-schema.ts";
import { discover } from "../../src/sources/discover.ts";
import type { Discovered } from "../../src/sources/discover.ts";
import { at, openGateway } from "../open-gateway.ts";

async function discovered(settings: object, dials = true): Promise<Discovered> {
  const parsed = parseConfig(settings);
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  return discover(parsed.config, {}, 10_000, dials);
}

test("why no endpoint answers is said by the page of the instances, by that for people and by the log", async () => {
  await using dead = await startRedis();
  await using locked = await startRedis({ password: "right" });
  await using secured = await startRedis({ tls: true });
  await using fine = await startRedis();
  await dead.kill();
  await using gateway = await openGateway({
    instances: [
      { name: "dead", endpoints: [at(dead)] },
      { name: "locked", endpoints: [at(locked)], credentials: { password: "env:X" } },
      { name: "secured", endpoints: [at(secured)] },
      { name: "fine", namespace: "shop", endpoints: [at(fine)] },
    ],
    fleet: { credentials: async () => ({ password: "CANARY" }) },
  });
  const reasons = { dead: "refused", locked: "wrong-password", secured: "tls-expected" };
  const before = Date.now();
  for (const name of Object.keys(reasons)) await gateway.ask(`/redis/${name}/get/k`);
  expect((await gateway.ask("/redis/fine/get/k")).status).toBe(200);
  const { json } = await gateway.admin("/v1/instances", "admin");
  const { instances } = json as {
    instances: { name: string; endpoints: { health: { lastReason?: string; lastCheckAt: string } }[] }[];
  };
  const told = instances.map(({ name, endpoints: [endpoint] }) => [name, endpoint?.health.lastReason]);
  expect(told).toEqual([...Object.entries(reasons), ["fine", undefined]]);
  expect(instances).toMatchObject([
    {},
    { credentials: { password: "env:X" }, endpoints: [{ tls: false }] },
    {},
    { namespace: "shop", endpoints: [{ tls: false, health: { status: "healthy" } }] },
  ]);
  for (const { endpoints } of instances) {
    const { lastCheckAt } = endpoints[0]!.health;
    expect(new Date(lastCheckAt).toISOString()).toBe(lastCheckAt);
    expect(Date.parse(lastCheckAt)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(lastCheckAt)).toBeLessThanOrEqual(Date.now() + 1);
  }
  const { text } = await gateway.admin("/discovery", "admin");
  for (const [name, reason] of Object.entries(reasons))
    expect(text).toMatch(new RegExp(`^${name}, not usable \\(${reason}\\)\\n.*unhealthy: ${reason}`, "m"));
  expect(text).toMatch(/^fine, ready, namespace shop\n.*healthy/m);
  const log = gateway.log.join("");
  for (const [name, reason] of Object.entries(reasons)) {
    const own = gateway.log.filter(
      (line) => line.includes(`"${name}/`) && line.includes("connection failed"),
    );
    expect(own.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([reason]);
  }
  expect(log).not.toContain("CANARY");
});

test("a breaker that opened for a wrong password has that as its cause", async () => {
  await using redis = await startRedis({ password: "right" });
  await using gateway = await openGateway({
    instances: [{ name: "orders", endpoints: [at(redis)], credentials: { password: "env:X" } }],
    fleet: {
      credentials: async () => ({ password: "CANARY" }),
      retries: 0,
      breaker: { consecutiveFailures: 1 },
    },
  });
  await gateway.ask("/get/k");
  await eventually(() =>
    expect(gateway.fleet.command({ instance: "orders" }, ["GET", "k"])).rejects.toMatchObject({
      code: "FLEET_BREAKER_OPEN",
      message: expect.stringMatching(
        /the last failure was FLEET_POOL_AUTHENTICATION \(wrong-password\)$/,
      ) as unknown,
      cause: { reason: "wrong-password" },
    }),
  );
});

test("a Pod says that its Redis speaks TLS and where the password is: found, and answered through the gateway's own reading", async () => {
  await using redis = await startRedis({
    tls: true,
    password: "CANARY",
    config: { "tls-auth-clients": "yes" },
  });
  const { ca, cert, key } = redis.tls!;
  const shop = { namespace: "shop" };
  const folder = await mkdtemp(join(tmpdir(), "fleet-dials-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using double = await startApiServerDouble();
  const labels = {
    "app.kubernetes.io/name": "redis",
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/component": "master",
    "app.kubernetes.io/managed-by": "Helm",
    "helm.sh/chart": "redis-23.1.1",
  };
  const env = [
    { name: "REDIS_TLS_ENABLED", value: "yes" },
    { name: "REDIS_TLS_CA_FILE", value: "/certs/authority.crt" },
    { name: "REDIS_PASS", valueFrom: { secretKeyRef: { name: "own", key: "word" } } },
  ];
  const ports = [{ name: "tcp-redis", port: 6379 }];
  const volumes = [{ name: "redis-certificates", secret: { secretName: "own-certificates" } }];
  const objects = [
    service("orders-redis-master", { ...shop, labels, ports }),
    endpointSlice("orders-redis-master", {
      ...shop,
      labels,
      ports,
      endpoints: [
        {
          addresses: ["10.20.0.5"],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: "Pod", name: "orders-redis-master-0", namespace: "shop", uid: "p" },
        },
      ],
    }),
    pod("orders-redis-master-0", {
      ...shop,
      ip: "10.20.0.5",
      container: { env, volumeMounts: [{ name: "redis-certificates", mountPath: "/certs" }] },
      spec: { volumes },
    }),
    secret("own", { word: "CANARY" }, shop),
    secret("own-certificates", { "authority.crt": ca, "tls.crt": cert, "tls.key": key }, shop),
  ];
  await double.apply(...objects);
  const path = join(folder, "kubeconfig");
  await writeFile(
    path,
    kubeconfig({ url: double.url, ca: double.ca, token: double.adminToken, namespace: "shop" }),
  );
  const settings = {
    kubernetes: { kubeconfig: path },
    addressMap: { "10.20.0.5:6379": `${redis.host}:${redis.port}` },
  };
  const found = await discovered(settings);
  expect(found.instances).toMatchObject([{ name: "orders", profile: "bitnami-redis" }]);
  expect(Object.values(found.instances[0]!.dials!)).toEqual([{ outcome: "connected" }]);
  expect(discoveryText(found)).toMatch(/^ {2}10\.20\.0\.5:6379 .*, connected$/m);
  expect(JSON.stringify(found)).not.toContain("CANARY");
  const undialed = await discovered(settings, false);
  expect(undialed.instances[0]).not.toHaveProperty("dials");
  await double.apply(secret("own", { word: "wrong" }, shop));
  const refused = await discovered(settings);
  expect(Object.values(refused.instances[0]!.dials!)).toMatchObject([{ outcome: "wrong-password" }]);
  expect(discoveryText(refused)).toMatch(/^orders, not usable \(wrong-password\), bitnami-redis/m);
});
