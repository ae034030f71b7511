import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { ranScript, startRedis, startSentinel } from "@fleet/testkit";
import { service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What a package has opened and does nothing with keeps no process alive; a promise that its caller waits for does, until it settles.

const opened = new AsyncDisposableStack();
afterAll(() => opened.disposeAsync());

/** For the scripts, as text. */
const world = { redis: "", sentinel: "", api: "", ca: "", token: "", away: "1", silent: "" };

beforeAll(async () => {
  const double = opened.use(await startApiServerDouble());
  await double.apply(service("orders", { labels: { app: "redis", instance: "orders" } }));
  const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  opened.defer(() => void silent.close());
  const { sentinels } = opened.use(await startSentinel({ name: "orders", replicas: 0, sentinels: 1 }));
  Object.assign(world, {
    redis: String(opened.use(await startRedis()).port),
    sentinel: String(sentinels[0]!.port),
    api: double.url,
    ca: double.ca,
    token: double.adminToken,
    silent: String((silent.address() as AddressInfo).port),
  });
});

const filled = (script: string): string =>
  script.replace(/\$(\w+)/g, (text, name: string) => (world as Record<string, string>)[name] ?? text);

const libraries = `
  import { Backfill } from "@fleet/backfill";
  import { CircuitBreaker } from "@fleet/breaker";
  import { createFleet, sentinelConnect } from "@fleet/client";
  import { Discovery, DnsSource, FileSource, SentinelSource, StaticSource } from "@fleet/discovery";
  import { ApiServer, KubernetesSecrets, KubernetesSource, Reflector } from "@fleet/discovery/kubernetes";
  import { observe } from "@fleet/metrics";
  import { RedisPool } from "@fleet/pool/ioredis";
  import { Redis } from "ioredis";

  const at = (port) => ({ name: "p", host: "127.0.0.1", port });
  const signal = new AbortController().signal;
  const resolver = {
    resolve4: async () => [{ address: "127.0.0.1", ttl: 1 }],
    resolve6: async () => [],
    resolveSrv: async () => [],
  };
  const sentinels = (port) =>
    new SentinelSource({ sentinels: [{ host: "127.0.0.1", port }], connect: sentinelConnect(), masters: ["orders"] });
  const cluster = () => new ApiServer({ server: { url: "$api", token: "$token", ca: \`$ca\` } });
  const server = (port) => new ApiServer({ server: { url: "http://127.0.0.1:" + port }, requestTimeoutMs: 1000 });
  const services = { group: "", version: "v1", plural: "services" };
  const endpoints = (port) => [{ name: "orders", endpoints: [{ host: "127.0.0.1", port }] }];
  const opened = async (source) => {
    const discovery = new Discovery({ sources: [new StaticSource([]), source] });
    await discovery.start();
    return discovery;
  };
`;

const run = (script: string): ReturnType<typeof ranScript> =>
  ranScript(`${filled(libraries + script)}\nconsole.log("idle");`, import.meta.dirname);

describe("a process ends by itself with", () => {
  test.for([
    ["a pool that was never used", `new RedisPool(at($redis));`],
    ["a pool whose shared lane is connected", `await new RedisPool(at($redis)).shared.send(["PING"]);`],
    [
      "a pool whose shared lane is connected, and its health checks",
      `const pool = new RedisPool({ ...at($redis), healthCheckIntervalMs: 1000 }); await pool.ready(); await pool.shared.send(["PING"]);`,
    ],
    [
      "a pool with idle connections",
      `await new RedisPool(at($redis)).exclusive.use((redis) => redis.ping());`,
    ],
    ["a pool whose server is away", `await new RedisPool(at($away)).shared.send(["PING"]).catch(() => {});`],
    [
      "a pool whose leases cannot be had",
      `await new RedisPool(at($away)).exclusive.acquire().catch(() => {});`,
    ],
    [
      "an open circuit",
      `const breaker = new CircuitBreaker({ name: "b" }); for (let i = 0; i < 9; i += 1) breaker.tryAcquire().failure?.();`,
    ],
    ["a fleet", `const fleet = await createFleet({ instances: endpoints($redis) });`],
    [
      "a fleet that was called",
      `const fleet = await createFleet({ instances: endpoints($redis) }); await fleet.command({ instance: "orders" }, ["PING"]);`,
    ],
    [
      "a fleet that ran work on a connection",
      `const fleet = await createFleet({ instances: endpoints($redis) }); await fleet.run({ instance: "orders" }, (redis) => redis.ping());`,
    ],
    [
      "a fleet whose server is away",
      `const fleet = await createFleet({ instances: endpoints($away) }); await fleet.command({ instance: "orders" }, ["PING"]).catch(() => {});`,
    ],
    [
      "a fleet that asks for roles",
      `const fleet = await createFleet({ instances: [{ name: "orders", endpoints: [{ host: "127.0.0.1", port: $redis }, { host: "127.0.0.1", port: $away }] }] });
       await fleet.command({ instance: "orders" }, ["PING"]);`,
    ],
    ["an observer", `observe();`],
    ["a list", `await opened(new StaticSource([], { name: "other" }));`],
    ["a file that is not there", `await opened(new FileSource({ path: "/nowhere/fleet.yaml" }));`],
    ["a file that is watched", `await opened(new FileSource({ path: "package.json" }));`],
    [
      "names that are looked up",
      `await opened(new DnsSource({ instances: [{ name: "orders", host: "orders.test" }], resolver }));`,
    ],
    ["Sentinels", `await opened(sentinels($sentinel));`],
    ["Sentinels that are away", `await opened(sentinels($away));`],
    ["Sentinels that are silent", `await opened(sentinels($silent));`],
    ["an API server that was asked", `await cluster().get("/api/v1/services");`],
    [
      "credentials that were read",
      `await new KubernetesSecrets({ api: cluster() }).resolve("secret:shop/orders/password");`,
    ],
    ["a cluster that is watched", `await opened(new KubernetesSource({ api: cluster(), namespaces: "*" }));`],
    [
      "a cluster that is away",
      `await opened(new KubernetesSource({ api: server($away), namespaces: "*" }));`,
    ],
    [
      "a reflector",
      `const reflector = new Reflector({ api: cluster(), resource: services, project: ({ metadata }) => metadata.name });
       await reflector.start();`,
    ],
  ] as const)("%s", async ([, script]) => {
    expect(await run(script)).toEqual({ code: 0, output: "idle\n" });
  });
});

describe("a process stays alive until there is an answer for a caller that waits for", () => {
  test.for([
    [
      "a command on a server that is silent",
      `await new RedisPool({ ...at($silent), commandTimeoutMs: 300 }).shared.send(["PING"])`,
    ],
    [
      "a command after idleness",
      `const pool = new RedisPool(at($redis)); await pool.shared.send(["PING"]); await pool.shared.send(["PING"])`,
    ],
    [
      "a reply that takes its time",
      `const pool = new RedisPool(at($redis)); await pool.shared.send(["PING"]); await pool.exclusive.use((redis) => redis.blpop("none", 0.3))`,
    ],
    [
      "a lease that another has",
      `const pool = new RedisPool({ ...at($redis), exclusive: { max: 1, acquireTimeoutMs: 300 } });
       await using lease = await pool.exclusive.acquire(); await pool.exclusive.acquire()`,
    ],
    ["a server that is away to be ready", `await new RedisPool(at($away)).ready()`],
    [
      "a fleet's command while its server is away",
      `const fleet = await createFleet({ instances: endpoints($away), timeoutMs: 500 }); await fleet.command({ instance: "orders" }, ["GET", "a"])`,
    ],
    [
      "a fleet's work",
      `const fleet = await createFleet({ instances: endpoints($redis) });
       await fleet.run({ instance: "orders" }, (redis) => redis.blpop("none", 0.3))`,
    ],
    [
      "a discovery to start",
      `await new Discovery({ sources: [new KubernetesSource({ api: server($away), namespaces: "*" })], startTimeoutMs: 500 }).start()`,
    ],
    [
      "a reflector whose server is away",
      `const reflector = new Reflector({ api: server($away), resource: services, project: ({ metadata }) => metadata.name });
       setTimeout(() => reflector.close(), 1500).unref(); await reflector.start()`,
    ],
    [
      "a source whose server is away",
      `const source = sentinels($away); setTimeout(() => source.close(), 500).unref();
       await source.start({ replace() {}, fail() {} }, { signal })`,
    ],
    [
      "credentials of a server that is silent",
      `await new KubernetesSecrets({ api: server($silent), patienceMs: 200 }).resolve("secret:shop/orders/password")`,
    ],
    [
      "a run to open while its Redis is away",
      `await Backfill.open({ connect: () => new Redis({ port: $away, lazyConnect: true }), name: "r", source: { kind: "range", from: 1, to: 5 } })`,
    ],
  ] as const)("%s", async ([, script]) => {
    expect(await run(`await (async () => { ${script} })().catch(() => {});`)).toEqual({
      code: 0,
      output: "idle\n",
    });
  });
});
