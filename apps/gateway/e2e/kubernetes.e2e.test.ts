import { hash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import { eventually } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { Cluster } from "./cluster.ts";
import { fault, faults } from "./faults.ts";
import { failures, Load } from "./phases.ts";

// Level two: real Pods, in any throwaway cluster that KUBECONFIG names, with images that its nodes have or can pull.
const {
  KUBECONFIG: kubeconfig,
  FLEET_E2E_GATEWAY_IMAGE: gatewayImage,
  FLEET_E2E_REDIS_IMAGE: redisImage = "redis:8-alpine",
} = process.env;
let missing: string | undefined;
if (kubeconfig === undefined) missing = "KUBECONFIG names no cluster";
else if (gatewayImage === undefined) missing = "FLEET_E2E_GATEWAY_IMAGE names no image of the gateway";

const here = (file: string): URL => new URL(file, import.meta.url);
const every = ["orders read", "orders write", "plain read", "plain write"] as const;
const reads = ["orders read", "plain read"] as const;
const token = randomBytes(16).toString("hex");
const adminToken = randomBytes(16).toString("hex");
const values = {
  REDIS_IMAGE: redisImage,
  GATEWAY_IMAGE: gatewayImage ?? "",
  TOKEN: token,
  TOKEN_DIGEST: hash("sha256", token),
  ADMIN_DIGEST: hash("sha256", adminToken),
};

let cluster: Cluster;
let load: Load;

beforeAll(async () => {
  if (missing !== undefined) return;
  cluster = await Cluster.open();
  load = new Load(cluster);
  await cluster.apply(here("orders.yaml"), values);
  await cluster.apply(here("plain.yaml"), values);
  await cluster.apply(here("../deploy/rbac-namespaced.yaml"), values);
  await cluster.apply(here("gateway.yaml"), values);
  await cluster.rolledOut("StatefulSet", "orders-redis-node");
  await cluster.rolledOut("StatefulSet", "plain");
  await cluster.rolledOut("Deployment", "fleet-gateway");
  await cluster.script("load", here("load.ts"));
  // On the node that stays when another one is taken away.
  const [node] = await cluster.nodes();
  await cluster.apply(here("load.yaml"), { ...values, LOAD_NODE: node! });
  await cluster.podReady("load");
  for (const name of ["orders", "plain"])
    await load.ask(`/until?path=/redis/${name}/set/price/42&status=200`);
  await load.ask("/start");
}, 240_000);

beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

afterAll(async () => {
  if (missing !== undefined) return;
  console.log(load.table);
  await cluster[Symbol.asyncDispose]();
}, 120_000);

/** The primary of `orders`, as Redis itself says. */
async function primary(): Promise<string> {
  for (const index of [0, 1, 2]) {
    const pod = `orders-redis-node-${index}`;
    const role = await cluster
      .exec(pod, "redis", 'redis-cli -a "$REDIS_PASSWORD" --no-auth-warning ROLE | head -n 1')
      .catch(() => "");
    if (role.trim() === "master") return pod;
  }
  throw new Error("nobody says that it is the primary");
}

async function replica(): Promise<string> {
  return (await primary()) === "orders-redis-node-2" ? "orders-redis-node-1" : "orders-redis-node-2";
}

/** All three there, in their roles, and routable again. */
async function settled(): Promise<void> {
  await cluster.rolledOut("StatefulSet", "orders-redis-node");
  await cluster.rolledOut("StatefulSet", "plain");
  await eventually(primary, { timeoutMs: 30_000 });
  for (const name of ["orders", "plain"])
    await load.ask(`/until?path=/redis/${name}/incr/settled&status=200`);
}

test("nothing fails while nothing happens", async () => {
  const met = await load.during("nothing happens", () => pause(5000));
  expect(failures(met, ...every)).toBe(0);
  expect(met["orders read"]!.ok).toBeGreaterThan(100);
}, 60_000);

test("a new release is routable, and a deleted one is unknown, within moments", async () => {
  const service = (name: string): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: { app: "redis", instance: name } },
    spec: { selector: { app: "plain-redis" }, ports: [{ name: "redis", port: 6379, targetPort: "redis" }] },
  });
  const took: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const name = `new-${round}`;
    const routable = load.ask<number>(`/until?path=/redis/${name}/get/price&status=200`);
    await pause(100);
    const startedAt = performance.now();
    await cluster.put(service(name));
    await routable;
    took.push(performance.now() - startedAt);
    const gone = load.ask<number>(`/until?path=/redis/${name}/get/price&status=404`);
    await cluster.remove("v1", "Service", name);
    expect(await gone).toBeLessThan(5000);
  }
  load.say(
    `a new Service is routable after ${took
      .toSorted((a, b) => a - b)
      .map(Math.round)
      .join(", ")} ms, two API calls included`,
  );
  expect(Math.max(...took)).toBeLessThan(3000);
}, 120_000);

test("a rolling restart of the gateway fails nothing", async () => {
  const met = await load.during("rolling restart of the gateway", () =>
    cluster.restart("Deployment", "fleet-gateway"),
  );
  expect(failures(met, ...every)).toBe(0);
}, 240_000);

test("a rolling restart of Redis fails no read where there are replicas", async () => {
  const met = await load.during("rolling restart of the StatefulSet of orders", () =>
    cluster.restart("StatefulSet", "orders-redis-node"),
  );
  expect(failures(met, "orders read", "plain read", "plain write")).toBe(0);
  await settled();
}, 240_000);

test("a killed replica is noticed by nobody", async () => {
  const pod = await replica();
  const met = await load.during(`replica ${pod} killed`, () => cluster.remove("v1", "Pod", pod, 0), 5000);
  expect(failures(met, ...every)).toBe(0);
  await settled();
}, 240_000);

test("a killed primary costs writes until Sentinel has promoted another, and no read", async () => {
  const pod = await primary();
  const met = await load.during(`primary ${pod} killed`, () => cluster.remove("v1", "Pod", pod, 0), 15_000);
  expect(failures(met, ...reads)).toBe(0);
  expect(failures(met, "plain write")).toBe(0);
  await settled();
}, 240_000);

test("a stopped replica costs no more than the time limit of the reads that it had", async () => {
  const pod = await replica();
  const signal = (name: string): Promise<string> =>
    cluster.exec(
      pod,
      "sentinel",
      `kill -${name} $(ps -o pid,args | grep '[r]edis-server \\*:6379' | awk '{print $1}')`,
    );
  const met = await load.during(`replica ${pod} stopped (SIGSTOP) for 10 s`, async () => {
    await signal("STOP");
    await pause(10_000);
    await signal("CONT");
  });
  expect(failures(met, "orders write", "plain read", "plain write")).toBe(0);
  await settled();
}, 240_000);

test("a relabelled Service is another instance, and its old name is unknown", async () => {
  const label = (instance: string): Promise<void> =>
    cluster.merge("v1", "Service", "plain", { metadata: { labels: { instance } } });
  const met = await load.during("Service of plain relabelled and labelled back", async () => {
    await label("renamed");
    await load.ask("/until?path=/redis/renamed/get/price&status=200");
    await load.ask("/until?path=/redis/plain/get/price&status=404");
    await label("plain");
    await load.ask("/until?path=/redis/plain/get/price&status=200");
  });
  expect(failures(met, "orders read", "orders write")).toBe(0);
  const others = Object.keys(met["plain read"]!.failed).filter((what) => !what.startsWith("404"));
  expect(others).toEqual([]);
}, 120_000);

test("a rotated Secret fails nothing", async () => {
  const all = async (line: string): Promise<void> => {
    for (const index of [0, 1, 2]) await cluster.exec(`orders-redis-node-${index}`, "redis", line);
  };
  const cli = (password: string, command: string): string =>
    `redis-cli -a ${password} --no-auth-warning ${command}`;
  const met = await load.during("Secret of orders rotated, every connection cut", async () => {
    // Both are good, then the Secret changes, then the old one ends: as a rotation without downtime is done.
    await all(cli("first-password", "ACL SETUSER default '>second-password'"));
    await cluster.merge("v1", "Secret", "orders-redis", {
      stringData: { "redis-password": "second-password" },
    });
    await all(cli("second-password", "CONFIG SET masterauth second-password"));
    await all("redis-cli -p 26379 SENTINEL SET mymaster auth-pass second-password");
    await all(cli("second-password", "ACL SETUSER default '<first-password'"));
    await all(cli("second-password", "CLIENT KILL TYPE normal SKIPME yes"));
  });
  expect(failures(met, "orders read", "plain read", "plain write")).toBe(0);
  expect(met["orders write"]!.ok).toBeGreaterThan(0);
}, 120_000);

test("with the API server stopped for 30 s connections that are cut are made again, and what happened meanwhile is caught up with", async ({
  skip,
}) => {
  if (faults === undefined) skip("FLEET_E2E_FAULTS names no program that can stop the API server");
  const servers = [
    ...[0, 1, 2].map((index) => [`orders-redis-node-${index}`, "redis-cli -a second-password"] as const),
    ["plain-0", "redis-cli"] as const,
  ];
  const met = await load.during("API server stopped for 30 s, every connection cut meanwhile", async () => {
    // Without the API server no command reaches a Pod, so each server cuts its connections by itself when its time has come.
    for (const [pod, cli] of servers)
      await cluster.exec(
        pod,
        "redis",
        `(sleep 15; ${cli} CLIENT KILL TYPE normal SKIPME yes) </dev/null >/data/cut 2>/dev/null &`,
      );
    await fault("pause-api-server");
    await pause(30_000);
    await fault("resume-api-server");
    await eventually(() => load.ask("/ready"), { timeoutMs: 30_000 });
  });
  for (const [pod] of servers)
    expect(Number(await cluster.exec(pod, "redis", "cat /data/cut"))).toBeGreaterThan(0);
  expect(failures(met, ...reads)).toBe(0);
  // A write whose connection is cut may have been executed, and is not sent again.
  for (const kind of ["orders write", "plain write"] as const) {
    expect(Object.keys(met[kind]!.failed).filter((what) => !what.endsWith("LOST unknown"))).toEqual([]);
    expect(met[kind]!.longestOutageMs).toBeLessThan(3000);
  }
}, 240_000);

test("a lost node costs no read where another replica is left", async ({ skip }) => {
  if (faults === undefined) skip("FLEET_E2E_FAULTS names no program that can take a node");
  const nodes = await cluster.nodes();
  if (nodes.length < 3) skip(`${nodes.length} nodes are too few to take one`);
  const victim = nodes.at(-1)!;
  const pods = await cluster.podsOn(victim);
  const met = await load.during(
    `node ${victim} killed, with ${pods.join(", ")}`,
    () => fault("kill-node", victim),
    75_000,
  );
  expect(failures(met, "plain write")).toBeGreaterThanOrEqual(0);
  const stillDown = await load.during(`a while after ${victim} was killed`, () => pause(10_000));
  expect(failures(stillDown, "orders read")).toBe(0);
}, 240_000);
