import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FakeClock, eventually } from "@fleet/testkit";
import { service } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble } from "@fleet/testkit/kubernetes";
import { describe, expect, test } from "vitest";

import { Discovery } from "../../src/index.ts";
import type { DiscoveryConditionEvent } from "../../src/index.ts";
import { KubernetesSource } from "../../src/kubernetes/index.ts";
import { Heard, kubernetesScene, release } from "./kubernetes-scene.ts";

const codes = ({ failures }: Heard): readonly unknown[] =>
  failures.map((error) => (error as Error & { readonly code?: string }).code);

function kubeconfigOf({ url, ca, adminToken }: ApiServerDouble, namespace: string): string {
  const authority = Buffer.from(ca).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: url, "certificate-authority-data": authority } }],
    users: [{ name: "me", user: { token: adminToken } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "me", namespace } }],
    "current-context": "x",
  });
}

describe("what happens to Services and slices happens to instances", () => {
  test("one that comes is added, one that is relabelled or deleted goes, and the others stay what they were", async () => {
    await using scene = await kubernetesScene([...release("orders"), ...release("sessions")]);
    const { double, heard, passing } = scene;
    scene.start();
    await passing(() => expect(heard.names).toEqual(["orders", "sessions"]));
    const orders = heard.instance("orders");
    await double.apply(...release("carts"));
    await passing(() => expect(heard.names).toEqual(["carts", "orders", "sessions"]));
    const [sessions] = release("sessions");
    await double.patch(sessions!, { metadata: { labels: { app: "web" } } });
    await passing(() => expect(heard.names).toEqual(["carts", "orders"]));
    await double.delete(release("carts"));
    await passing(() => expect(heard.names).toEqual(["orders"]));
    expect(heard.instance("orders")).toBe(orders);
  });

  test("an annotation drains it, and its endpoints follow its slices", async () => {
    await using scene = await kubernetesScene(release("orders"));
    const { double, heard, passing } = scene;
    scene.start();
    await passing(() => expect(heard.instance("orders")?.state).toBe("ready"));
    const [orders] = release("orders");
    await double.patch(orders!, { metadata: { annotations: { "fleet.dev/state": "drain" } } });
    await passing(() => expect(heard.instance("orders")?.state).toBe("drain"));
    await double.apply(...release("orders", { address: "10.20.0.2" }).slice(1));
    await passing(() =>
      expect(heard.instance("orders")?.endpoints).toMatchObject([{ host: "10.20.0.2", port: 6379 }]),
    );
    await double.delete(release("orders").slice(1));
    await passing(() => expect(heard.instance("orders")?.endpoints).toEqual([]));
  });

  test("made again under its name it is another instance", async () => {
    await using scene = await kubernetesScene(release("orders"));
    const { double, heard, passing } = scene;
    scene.start();
    await passing(() => expect(heard.names).toEqual(["orders"]));
    const before = heard.instance("orders")!.uid;
    await double.delete(release("orders")[0]!);
    await double.apply(release("orders")[0]!);
    await passing(() => expect(heard.instance("orders")?.uid).not.toBe(before));
    await passing(() => expect(heard.names).toEqual(["orders"]));
  });

  test("an object that makes no sense disturbs nobody", async () => {
    await using scene = await kubernetesScene([
      ...release("orders"),
      service("broken", {
        namespace: "shop",
        labels: { app: "redis", instance: "broken" },
        spec: { ports: 7, type: { a: 1 } },
      }),
    ]);
    scene.start();
    await scene.passing(() => expect(scene.heard.names).toEqual(["orders"]));
  });
});

describe("the first set", () => {
  test("is handed over whole, once both kinds of objects of all namespaces have arrived", async () => {
    await using scene = await kubernetesScene(
      [...release("orders"), ...release("sessions", { namespace: "test" })],
      { namespaces: ["shop", "test"] },
    );
    scene.double.inject({ kind: "status", status: 500 }, { verb: "list", resource: "endpointslices" });
    scene.start();
    await scene.passing(() => expect(scene.started).toBe(true));
    expect(scene.heard.sets[0]).toMatchObject([
      { endpoints: [{ host: "10.20.0.1" }] },
      { endpoints: [{ host: "10.20.0.1" }] },
    ]);
  });

  test("is waited for while the API server is silent, which is told", async () => {
    await using scene = await kubernetesScene(release("orders"));
    scene.double.pause();
    scene.start();
    await scene.passing(() => expect(codes(scene.heard)).toContain("FLEET_DISCOVERY_API_TIMEOUT"), 2000);
    expect(scene.started).toBe(false);
    scene.double.resume();
    await scene.passing(() => expect(scene.heard.names).toEqual(["orders"]));
  });

  test("comes by one watch of everything where all namespaces are asked for", async () => {
    await using scene = await kubernetesScene(
      [...release("orders"), ...release("sessions", { namespace: "test" })],
      { namespaces: "*" },
    );
    scene.start();
    await scene.passing(() => expect(scene.heard.names).toEqual(["orders", "sessions"]));
    expect(scene.double.requests.every(({ namespace }) => namespace === undefined)).toBe(true);
    expect(scene.double.open("watch", "services")).toBe(1);
    expect(scene.source.resources.map(({ resource }) => resource)).toEqual(["services", "endpointslices"]);
  });

  test("has only what the label selector lets through", async () => {
    await using scene = await kubernetesScene(
      [
        ...release("orders", { labels: { app: "redis", instance: "orders", tier: "gold" } }),
        ...release("sessions"),
      ],
      { labelSelector: "tier=gold" },
    );
    scene.start();
    await scene.passing(() => expect(scene.heard.names).toEqual(["orders"]));
    expect(scene.source.resources.map(({ objects }) => objects)).toEqual([1, 1]);
  });
});

describe("rights", () => {
  test("that are missing in one namespace are named, and no reason not to serve the others", async () => {
    await using scene = await kubernetesScene(
      [...release("orders"), ...release("sessions", { namespace: "test" })],
      { namespaces: ["shop", "test"] },
    );
    const { double, source, heard, passing } = scene;
    double.forbidden.add("list services in test");
    double.forbidden.add("watch services in test");
    scene.start();
    await passing(() => expect(heard.names).toEqual(["orders"]));
    expect(source.conditions).toEqual([
      {
        reason: "MissingRight",
        object: "services/test",
        message: expect.stringMatching(
          /^the API server does not let us (?:list|watch) services in namespace test$/,
        ) as unknown,
      },
    ]);
    expect(new Set(codes(heard))).toEqual(new Set(["FLEET_DISCOVERY_API_FORBIDDEN"]));
    double.forbidden.clear();
    await passing(() => expect(heard.names).toEqual(["orders", "sessions"]));
    expect(source.conditions).toEqual([]);
  });

  test("that are missing altogether keep it from starting, until they are given", async () => {
    await using scene = await kubernetesScene(release("orders"));
    const { double, source, heard, passing } = scene;
    for (const what of ["services", "endpointslices"])
      for (const verb of ["list", "watch"]) double.forbidden.add(`${verb} ${what}`);
    scene.start();
    await passing(() => expect(source.conditions).toHaveLength(2));
    expect(source.conditions.map(({ object }) => object)).toEqual(["services/shop", "endpointslices/shop"]);
    expect(scene.started).toBe(false);
    double.forbidden.clear();
    await passing(() => expect(heard.names).toEqual(["orders"]));
    expect(source.conditions).toEqual([]);
  });
});

describe("trouble", () => {
  test("with the API server takes nothing away, and is over by itself", async () => {
    await using scene = await kubernetesScene(release("orders"));
    const { double, heard, passing } = scene;
    scene.start();
    await passing(() => expect(heard.names).toEqual(["orders"]));
    await double.kill();
    await passing(() => expect(heard.failures.length).toBeGreaterThan(0));
    expect(heard.names).toEqual(["orders"]);
    await double.apply(...release("carts"));
    await double.restart();
    await passing(() => expect(heard.names).toEqual(["carts", "orders"]));
  });

  test("with the API server is over for all sets as soon as one of them has reached it again", async () => {
    await using scene = await kubernetesScene(release("orders"), { namespaces: ["shop", "test", "live"] });
    const { double, source, passing } = scene;
    const states = (): readonly string[] => source.resources.map(({ state }) => state);
    scene.start();
    await passing(() => expect(scene.started).toBe(true));
    await double.kill();
    // Long enough for pauses of half a minute.
    for (let minutes = 0; minutes < 5; minutes += 1)
      await passing(() => expect(states()).toContain("backoff"), 60_000);
    await passing(() => expect(states()).toEqual(Array.from({ length: 6 }, () => "backoff")));
    await double.restart();
    await passing(() => expect(states()).toContain("watching"), 100);
    await passing(() => expect(states()).toEqual(Array.from({ length: 6 }, () => "watching")), 0);
  });

  test("with one kind of object leaves it stale, however much the other changes", async () => {
    await using scene = await kubernetesScene(release("orders"));
    const { double, source, passing, clock } = scene;
    await using discovery = new Discovery({ sources: [source], clock });
    const started = discovery.start();
    await passing(() => expect(discovery.stats.sources[0]?.state).toBe("current"));
    await started;
    const fault = { kind: "status", status: 500 } as const;
    for (const verb of ["list", "watch"] as const)
      double.inject(fault, { verb, resource: "endpointslices", times: Number.POSITIVE_INFINITY });
    double.endWatches("endpointslices");
    await passing(() => expect(discovery.stats.sources[0]?.state).toBe("stale"), 2000);
    await double.apply(service("carts", { namespace: "shop", labels: { app: "redis", instance: "carts" } }));
    await passing(() => expect([...discovery.instances.keys()]).toEqual(["orders", "carts"]));
    expect(discovery.stats.sources[0]?.state).toBe("stale");
    double.heal();
    await passing(() => expect(discovery.stats.sources[0]?.state).toBe("current"), 2000);
  });

  test("with a kubeconfig that is not there yet is told, and over when it is", async () => {
    await using scene = await kubernetesScene(release("orders", { namespace: "default" }));
    const { double } = scene;
    const path = join(tmpdir(), `fleet-kubeconfig-${process.pid}-${Math.random()}`);
    const clock = new FakeClock();
    const source = new KubernetesSource({ api: { kubeconfig: path }, clock });
    const heard = new Heard();
    const start = source.start(heard, { signal: new AbortController().signal });
    const passing = (check: () => void): Promise<void> =>
      eventually(
        async () => {
          await clock.advance(250);
          check();
        },
        { timeoutMs: 15_000 },
      );
    await passing(() => expect(codes(heard)).toContain("FLEET_DISCOVERY_KUBECONFIG"));
    await writeFile(path, kubeconfigOf(double, "default"));
    await passing(() => expect(heard.names).toEqual(["orders"]));
    await start;
    await source.close();
    await eventually(() => expect(double.connections).toBe(0));
    await rm(path);
  });

  test("with a kubeconfig that names what is no namespace is told, and leaves nothing behind", async () => {
    await using scene = await kubernetesScene([]);
    const path = join(tmpdir(), `fleet-kubeconfig-${process.pid}-${Math.random()}`);
    await writeFile(path, kubeconfigOf(scene.double, "Not/A/Namespace"));
    const clock = new FakeClock();
    const source = new KubernetesSource({ api: { kubeconfig: path }, clock });
    const heard = new Heard();
    const start = source.start(heard, { signal: new AbortController().signal });
    const ended = start.catch((error: unknown) => error);
    await eventually(() => expect(codes(heard)).toEqual(["FLEET_DISCOVERY_INVALID_OPTION"]));
    await source.close();
    expect(await ended).toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    expect(clock.pending).toBe(0);
    await rm(path);
  });
});

test("each resync is a sign of life: the same list once more", async () => {
  await using scene = await kubernetesScene(release("orders"), { resyncMs: 1000 });
  const { heard, passing, source } = scene;
  scene.start();
  await passing(() => expect(heard.sets.length).toBeGreaterThan(3));
  expect(new Set(heard.sets).size).toBe(1);
  expect(source.resources).toMatchObject([
    { resource: "services/shop", state: "watching", hasSynced: true },
    { resource: "endpointslices/shop", state: "watching", hasSynced: true },
  ]);
});

test("conditions are told on the channel when they come and go", async () => {
  await using scene = await kubernetesScene(
    release("orders", { annotations: { "fleet.dev/state": "drained" } }),
  );
  const told: string[] = [];
  const listen = (message: unknown): void => {
    const { source, type, condition } = message as DiscoveryConditionEvent;
    told.push(`${source} ${type} ${condition.reason} ${condition.object}`);
  };
  subscribe("fleet:discovery:condition", listen);
  try {
    scene.start();
    await scene.passing(() => expect(scene.started).toBe(true));
    const [orders] = release("orders");
    await scene.double.patch(orders!, { metadata: { annotations: { "fleet.dev/state": "drain" } } });
    await scene.passing(() => expect(scene.source.conditions).toEqual([]));
  } finally {
    unsubscribe("fleet:discovery:condition", listen);
  }
  expect(told).toEqual([
    "kubernetes raised InvalidAnnotation Service shop/orders",
    "kubernetes cleared InvalidAnnotation Service shop/orders",
  ]);
});

describe("closed", () => {
  test("it leaves no connection and no timer, and what it was handed open", async () => {
    await using scene = await kubernetesScene(release("orders"));
    scene.start();
    await scene.passing(() => expect(scene.started).toBe(true));
    await scene.source.close();
    await eventually(() => expect(scene.double.open("watch", "services")).toBe(0));
    await scene.api.get("/api/v1/namespaces/shop/services/orders");
    await scene.api.close();
    await eventually(() => expect(scene.double.connections).toBe(0));
    expect(scene.clock.pending).toBe(0);
  });

  test("while it waits for a kubeconfig it stops waiting", async () => {
    const clock = new FakeClock();
    const source = new KubernetesSource({ api: { kubeconfig: "/nowhere/kubeconfig" }, clock });
    const heard = new Heard();
    const start = source.start(heard, { signal: new AbortController().signal });
    const ended = start.catch((error: unknown) => error);
    await eventually(() => expect(heard.failures.length).toBeGreaterThan(0));
    await source.close();
    expect(await ended).toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
    expect(clock.pending).toBe(0);
  });
});
