import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { namespace, service } from "@fleet/testkit/kubernetes";
import { describe, expect, test } from "vitest";

import { Discovery } from "../../src/index.ts";
import type { KubernetesSourceOptions } from "../../src/kubernetes/index.ts";
import { kubernetesScene, release } from "./kubernetes-scene.ts";
import type { Scene } from "./kubernetes-scene.ts";

interface Served extends AsyncDisposable {
  readonly scene: Scene;
  readonly discovery: Discovery;
  readonly state: () => string | undefined;
  /** Milliseconds of the clock until a check holds. */
  readonly msUntil: (check: () => void) => Promise<number>;
}

/** A Discovery over a double of an API server that has one release. */
async function served(options: Partial<KubernetesSourceOptions> = {}): Promise<Served> {
  const scene = await kubernetesScene(release("orders"), options);
  const { source, clock, passing } = scene;
  const discovery = new Discovery({ sources: [source], clock });
  const started = discovery.start();
  const state = (): string | undefined => discovery.stats.sources[0]?.state;
  await passing(() => expect(state()).toBe("current"));
  await started;
  return {
    scene,
    discovery,
    state,
    msUntil: async (check) => {
      const from = clock.now();
      await passing(check, 100);
      return clock.now() - from;
    },
    [Symbol.asyncDispose]: async () => {
      await discovery.close();
      await scene[Symbol.asyncDispose]();
    },
  };
}

const watching = ["watching", "watching"];

describe("after an outage the source is current as soon as its watches are open, although the server has gone on", () => {
  test.for(["killed", "silent", "refusing"] as const)("%s", async (outage) => {
    await using whole = await served();
    const { scene, state, msUntil } = whole;
    const { double, source, passing } = scene;
    if (outage === "killed") await double.kill();
    if (outage === "silent") double.pause();
    if (outage === "refusing") {
      for (const verb of ["list", "watch"] as const)
        double.inject({ kind: "status", status: 503 }, { verb, times: Number.POSITIVE_INFINITY });
      double.endWatches();
    }
    await passing(() => expect(state()).toBe("stale"), 2000);
    if (outage === "killed") await double.restart();
    if (outage === "silent") double.resume();
    if (outage === "refusing") double.heal();
    // Of a kind that is not watched: no event of ours says that all has been seen.
    await double.apply(namespace("other"));
    await msUntil(() => expect(source.resources.map((resource) => resource.state)).toEqual(watching));
    expect(await msUntil(() => expect(state()).toBe("current"))).toBeLessThan(2000);
    expect(whole.discovery.stats.sources[0]?.lastError).toBeUndefined();
  });
});

test("while one kind of object fails, a change of the other is no further failure", async () => {
  await using whole = await served();
  const { scene, discovery, state } = whole;
  const { double, passing } = scene;
  const fault = { kind: "status", status: 500 } as const;
  for (const verb of ["list", "watch"] as const)
    double.inject(fault, { verb, resource: "endpointslices", times: Number.POSITIVE_INFINITY });
  double.endWatches("endpointslices");
  await passing(() => expect(state()).toBe("stale"), 2000);
  const messages: unknown[] = [];
  const note = (message: unknown): void => void messages.push(message);
  subscribe("fleet:discovery:error", note);
  try {
    for (const name of ["carts", "sessions"]) {
      await double.apply(service(name, { namespace: "shop", labels: { app: "redis", instance: name } }));
      await passing(() => expect(discovery.instances.has(name)).toBe(true), 5);
    }
  } finally {
    unsubscribe("fleet:discovery:error", note);
  }
  expect(messages).toEqual([]);
  expect(discovery.stats.sources[0]).toMatchObject({
    state: "stale",
    lastError: "FLEET_DISCOVERY_API_REFUSED",
  });
});

describe("a right that is given back", () => {
  test.for([
    [["watch services", "list services"]],
    [["watch services"]],
    [["list services"]],
    [["watch services", "list services", "watch endpointslices", "list endpointslices"]],
  ])("counts within seconds: %j", async ([rights]) => {
    await using whole = await served();
    const { scene, state, msUntil } = whole;
    const { double, source, clock, passing } = scene;
    for (const right of rights!) double.forbidden.add(right);
    double.endWatches();
    await passing(() => expect(source.conditions).not.toEqual([]), 2000);
    // As long as pauses would grow to half a minute.
    const from = clock.now();
    await passing(() => expect(clock.now() - from).toBeGreaterThan(90_000), 2000);
    await passing(() => expect(source.conditions).not.toEqual([]));
    double.forbidden.clear();
    await double.apply(namespace("other"));
    const ms = await msUntil(() => {
      expect(source.conditions).toEqual([]);
      expect(state()).toBe("current");
    });
    expect(ms).toBeLessThan(10_000);
  });
});

describe("a namespace in which nothing is found", () => {
  test("and that does not exist is a condition until it does", async () => {
    await using whole = await served({ namespaces: ["shop", "shpo"] });
    const { double, source, passing } = whole.scene;
    const missing = {
      reason: "NoNamespace",
      object: "namespaces/shpo",
      message: "there is no such namespace",
    };
    await passing(() => expect(source.conditions).toEqual([missing]));
    await double.apply(namespace("shpo"));
    await passing(() => expect(source.conditions).toEqual([]), 2000);
  });

  test("and that we may not get is a condition until something is in it", async () => {
    await using whole = await served({ namespaces: ["shop", "test"] });
    const { double, source, passing } = whole.scene;
    double.forbidden.add("get namespaces");
    await passing(() => expect(source.conditions).toMatchObject([{ reason: "EmptyNamespace" }]), 2000);
    await double.apply(...release("carts", { namespace: "test" }));
    await passing(() => expect(source.conditions).toEqual([]));
  });

  test("and that exists is none", async () => {
    await using scene = await kubernetesScene([namespace("shop")]);
    scene.start();
    const asked = (): number => scene.double.count("get", "namespaces");
    await scene.passing(() => expect(asked()).toBeGreaterThan(2), 2000);
    expect(scene.source.conditions).toEqual([]);
  });
});
