import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import { eventually, startRedis, startReplication } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { kubernetesAvailable, namespace, node, startKubernetes } from "@fleet/testkit/kubernetes";
import type { KubernetesServer } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { parseConfig } from "../../src/config/config-schema.ts";
import { serve } from "../../src/serve.ts";
import { failuresOf, SteadyLoad } from "../steady-load.ts";
import { BitnamiRelease } from "./bitnami-release.ts";
import { watchSlices } from "./watch-slices.ts";

// Level one: a real API server and controllers, real Redis behind the address map, and the gateway under load. Each test is one
// thing that happens to the fleet, one after another.
const missing = kubernetesAvailable({ controllers: true });
const token = "level-one-token";
const adminToken = "level-one-admin-token";
const password = "level-one-password";

const every = ["orders read", "orders write", "sessions read", "sessions write", "cache read"] as const;
const kinds: Readonly<Record<(typeof every)[number], string>> = {
  "orders read": "/redis/orders/get/price",
  "orders write": "/redis/orders/incr/tally",
  "sessions read": "/redis/sessions/get/price",
  "sessions write": "/redis/sessions/incr/tally",
  "cache read": "/redis/cache/get/price",
};
/** Two addresses lead to each server of `orders`, for Pods that come back with another one. */
const ips = {
  orders: ["10.20.0.1", "10.20.0.2", "10.20.0.3"],
  ordersLater: ["10.20.1.1", "10.20.1.2", "10.20.1.3"],
  sessions: "10.20.0.4",
  sessionsLater: "10.20.0.5",
  cache: ["10.20.0.6", "10.20.0.7"],
  fresh: "10.20.0.8",
} as const;

const orders = new BitnamiRelease("orders", {
  namespace: "shop",
  password,
  annotations: { "fleet.dev/reads": "any" },
});
const sessions = new BitnamiRelease("sessions", { namespace: "shop" });
const caches = ["cache-1", "cache-2"].map(
  (name) => new BitnamiRelease(name, { namespace: "shop", annotations: { "fleet.dev/group": "cache" } }),
);

const opened = new AsyncDisposableStack();
let kubernetes: KubernetesServer;
let ordersServers: readonly RedisServer[];
let servers: Readonly<Record<"sessions" | "sessionsLater" | "cache1" | "cache2" | "fresh", RedisServer>>;
let load: SteadyLoad;
let adminUrl: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  const [started, replication, ...plain] = await Promise.all([
    startKubernetes({ controllers: true }),
    startReplication({ replicas: 2, password }),
    ...Array.from({ length: 5 }, () => startRedis()),
  ]);
  for (const one of [started, replication, ...plain]) opened.use(one);
  kubernetes = started;
  ordersServers = [replication.primary, ...replication.replicas];
  const [one, later, cache1, cache2, fresh] = plain as [
    RedisServer,
    RedisServer,
    RedisServer,
    RedisServer,
    RedisServer,
  ];
  servers = { sessions: one, sessionsLater: later, cache1, cache2, fresh };
  for (const server of [ordersServers[0]!, ...plain]) await server.call("SET", "price", "42");
  await replication.inSync();

  const at = ({ host, port }: RedisServer): string => `${host}:${port}`;
  const addressMap = Object.fromEntries(
    [
      ...ordersServers.flatMap((server, index) => [
        [ips.orders[index]!, server] as const,
        [ips.ordersLater[index]!, server] as const,
      ]),
      [ips.sessions, one] as const,
      [ips.sessionsLater, later] as const,
      [ips.cache[0], cache1] as const,
      [ips.cache[1], cache2] as const,
      [ips.fresh, fresh] as const,
    ].map(([ip, server]) => [`${ip}:6379`, at(server)]),
  );
  await kubernetes.apply(
    namespace("shop"),
    node("node", { zone: "a" }),
    ...orders.objects,
    ...ips.orders.map((ip, index) => orders.pod(index, ip)),
    ...sessions.objects,
    sessions.pod(0, ips.sessions),
    ...caches.flatMap((cache, index) => [...cache.objects, cache.pod(0, ips.cache[index]!)]),
  );

  const parsed = parseConfig({
    listen: { port: 0 },
    adminListen: { port: 0 },
    log: { level: "error" },
    kubernetes: { kubeconfig: kubernetes.kubeconfig, namespaces: ["shop"] },
    addressMap,
    tokens: [
      { name: "load", digest: hash("sha256", token), rights: "full", targets: "*", dedicated: true },
      { name: "admin", digest: hash("sha256", adminToken), rights: "admin" },
    ],
  });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  const gateway = await serve(parsed.config, {});
  opened.defer(() => gateway.close());
  adminUrl = gateway.admin;
  load = opened.use(new SteadyLoad(gateway.data, token, kinds));
  for (const path of Object.values(kinds)) await routable(path);
  await ordersServers[0]!.call("DEL", "tally");
  load.start();
}, 120_000);

beforeEach((context) => context.skip(missing !== undefined, missing));

afterAll(async () => {
  if (missing === undefined) console.log(load.table);
  await opened.disposeAsync();
});

async function routable(path: string): Promise<void> {
  await eventually(async () => expect(await load.ask(path)).toMatchObject({ status: 200 }), {
    timeoutMs: 15_000,
  });
}

interface Shown {
  readonly name: string;
  readonly uid: string;
  readonly state: string;
  readonly endpoints: readonly { readonly host: string; readonly role: string; readonly leaving?: true }[];
}

/** An instance as the admin port shows it. */
async function shown(name: string): Promise<Shown | undefined> {
  const response = await fetch(`${adminUrl}/v1/instances`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const { instances } = (await response.json()) as { readonly instances: readonly Shown[] };
  return instances.find((one) => one.name === name);
}

/** Index of the server of `orders` that says it is the primary. */
async function primaryIndex(): Promise<number> {
  const roles = await Promise.all(ordersServers.map((server) => server.call("ROLE").catch(() => [])));
  const index = roles.findIndex((role) => (role as readonly unknown[])[0] === "master");
  if (index === -1) throw new Error("nobody says that it is the primary");
  return index;
}

/** What a StatefulSet and its kubelet do to a Pod that is replaced; the chart's preStop hands the primary's part on. */
async function replacePod(index: number, ip: string): Promise<void> {
  const server = ordersServers[index]!;
  const old = await kubernetes.get(orders.pod(index, ips.orders[index]!));
  await kubernetes.delete(old, { graceSeconds: 30 });
  if ((await primaryIndex()) === index) await failOver(index);
  await server.kill("SIGTERM");
  await kubernetes.delete(old);
  await server.restart();
  const primary = ordersServers[await successor(index)]!;
  await server.call("REPLICAOF", primary.host, String(primary.port));
  await eventually(async () =>
    expect(String(await server.call("INFO", "replication"))).toContain("master_link_status:up"),
  );
  await kubernetes.apply(orders.pod(index, ip));
  await eventually(async () =>
    expect((await shown("orders"))?.endpoints.map(({ host }) => host)).toContain(ip),
  );
}

/** The primary beside a server that just started, which takes itself for one. */
async function successor(restarted: number): Promise<number> {
  for (const [index, server] of ordersServers.entries()) {
    if (index === restarted) continue;
    const [role] = (await server.call("ROLE")) as readonly unknown[];
    if (role === "master") return index;
  }
  throw new Error("nobody else says that it is the primary");
}

async function failOver(from: number): Promise<void> {
  const to = ordersServers[(from + 1) % ordersServers.length]!;
  await ordersServers[from]!.call("FAILOVER", "TO", to.host, String(to.port), "TIMEOUT", "5000");
  await eventually(async () => {
    const [role] = (await to.call("ROLE")) as readonly unknown[];
    expect(role).toBe("master");
  });
}

test("nothing fails while nothing happens", async () => {
  const met = await load.during("nothing happens", () => pause(1000));
  expect(failuresOf(met, ...every)).toEqual({});
  for (const kind of every) expect(met[kind]!.ok).toBeGreaterThan(20);
});

test("a release that comes is routable, and disturbs nobody", async () => {
  const fresh = new BitnamiRelease("fresh", { namespace: "shop" });
  const met = await load.during("a release comes and goes", async () => {
    expect(await load.ask("/redis/fresh/get/price")).toMatchObject({ status: 404 });
    await kubernetes.apply(...fresh.objects, fresh.pod(0, ips.fresh));
    const start = performance.now();
    await routable("/redis/fresh/get/price");
    const took = performance.now() - start;
    load.say(`routable ${Math.round(took)} ms after its last object was there`);
    await kubernetes.delete([fresh.pod(0, ips.fresh), ...fresh.objects]);
    await eventually(async () =>
      expect(await load.ask("/redis/fresh/get/price")).toMatchObject({ status: 404 }),
    );
  });
  expect(failuresOf(met, ...every)).toEqual({});
  await eventually(async () => {
    const clients = String(await servers.fresh.call("CLIENT", "LIST", "TYPE", "normal"));
    expect(clients.trim().split("\n")).toHaveLength(1);
  });
});

test("a primary that hands its part on fails nothing", async () => {
  const met = await load.during("fail-over of orders", () => primaryIndex().then(failOver));
  expect(failuresOf(met, ...every)).toEqual({});
});

test("Pods that are replaced one after another, with other addresses, fail nothing", async () => {
  const met = await load.during("rolling restart of orders", async () => {
    for (const index of [2, 1, 0]) await replacePod(index, ips.ordersLater[index]!);
  });
  expect(failuresOf(met, ...every)).toEqual({});
  await eventually(async () =>
    expect((await shown("orders"))?.endpoints.map(({ host }) => host).toSorted()).toEqual(ips.ordersLater),
  );
});

test("a member of a group that is drained by annotation, and then removed, fails nothing", async () => {
  const [, second] = caches as [BitnamiRelease, BitnamiRelease];
  const met = await load.during("drain and removal of cache-2", async () => {
    await kubernetes.patch(second.service, { metadata: { annotations: { "fleet.dev/state": "drain" } } });
    await eventually(async () => expect((await shown("cache-2"))?.state).toBe("drain"));
    await kubernetes.delete([second.pod(0, ips.cache[1]), ...second.objects]);
    await eventually(async () => expect(await shown("cache-2")).toBeUndefined());
    await servers.cache2.kill("SIGTERM");
  });
  expect(failuresOf(met, ...every)).toEqual({});
  expect(met["cache read"]!.ok).toBeGreaterThan(20);
});

test("an API server that is killed is noticed by nobody", async () => {
  const met = await load.during("the API server is away", async () => {
    await kubernetes.kill();
    await pause(1000);
    await kubernetes.restart();
  });
  expect(failuresOf(met, ...every)).toEqual({});
});

test("a release that is made again under the same name is another one, and answers where it is", async () => {
  const before = await shown("sessions");
  await servers.sessionsLater.call("SET", "price", "43");
  await using slices = await watchSlices(kubernetes.kubeconfig, "shop");
  let first = "";
  const met = await load.during("sessions is deleted and made again", async () => {
    await kubernetes.delete([sessions.pod(0, ips.sessions), ...sessions.objects]);
    await eventually(async () =>
      expect(await load.ask("/redis/sessions/get/price")).toMatchObject({ status: 404 }),
    );
    await kubernetes.apply(...sessions.objects, sessions.pod(0, ips.sessionsLater));
    // The controller has lost the API server a moment ago, as we have, and takes seconds to be current again.
    await eventually(
      async () => {
        const { status, text } = await load.ask("/redis/sessions/get/price");
        expect(status).toBe(200);
        first ||= text;
        expect(text).toBe('{"result":"43"}');
      },
      { timeoutMs: 30_000 },
    );
  });
  const after = await shown("sessions");
  expect(after!.uid).not.toBe(before!.uid);
  // The server of before answers for the new release only where the controller, being behind, has said that it does.
  const [told] = slices.of(after!.uid);
  expect(first).toBe(told?.address === ips.sessions ? '{"result":"42"}' : '{"result":"43"}');
  expect(failuresOf(met, "orders read", "orders write", "cache read")).toEqual({});
  // Nobody serves it in between, and nobody pretends to.
  for (const what of Object.keys(failuresOf(met, "sessions read", "sessions write")))
    expect(what).toMatch(/^(404|503) FLEET_/);
  await eventually(async () => {
    const clients = String(await servers.sessions.call("CLIENT", "LIST", "TYPE", "normal"));
    expect(clients.trim().split("\n")).toHaveLength(1);
  });
});

test("every write that was answered was done, once", async () => {
  await load[Symbol.asyncDispose]();
  const { ok, failed } = load.total["orders write"]!;
  const tally = Number(await ordersServers[await primaryIndex()]!.call("GET", "tally"));
  const unknown = Object.entries(failed).reduce(
    (sum, [what, times]) => sum + (what.endsWith("unknown") ? times : 0),
    0,
  );
  expect(tally).toBeGreaterThanOrEqual(ok);
  expect(tally).toBeLessThanOrEqual(ok + unknown);
});
