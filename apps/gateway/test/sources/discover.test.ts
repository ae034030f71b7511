import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { endpointSlice, pod, service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble, KubernetesObject } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseConfig } from "../../src/config/config-schema.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { discover } from "../../src/sources/discover.ts";
import type { Discovered } from "../../src/sources/discover.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-discover-"));
});
afterAll(() => rm(folder, { recursive: true }));

function found(settings: object, environment = {}, patienceMs = 50): Promise<Discovered> {
  const parsed = parseConfig(settings);
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  return discover(parsed.config, environment, patienceMs);
}

const endpoints = [{ host: "10.20.0.5", port: 6379, role: "primary" }];

describe("what would be found", () => {
  test("is told with where it comes from, and what became of its credentials", async () => {
    const password = ["env:ABSENT", "env:ORDERS", "file:/absent"];
    const { ok, sources, instances, rights } = await found(
      {
        instances: [
          { name: "orders", endpoints, credentials: { password } },
          { name: "cache", endpoints },
        ],
      },
      { ORDERS: "CANARY" },
    );
    expect(ok).toBe(true);
    expect(rights).toBeUndefined();
    expect(sources).toMatchObject([{ name: "static", state: "current", instances: 2 }]);
    expect(instances).toMatchObject([
      {
        name: "orders",
        source: "static",
        endpoints,
        passwords: [
          { reference: "env:ABSENT", outcome: "missing" },
          { reference: "env:ORDERS", outcome: "exists" },
          { reference: "file:/absent", outcome: "missing" },
        ],
      },
      { name: "cache", passwords: [] },
    ]);
    expect(JSON.stringify(instances)).not.toContain("CANARY");
  });

  test("goes by the precedence of the sources", async () => {
    const instancesFile = join(folder, "more.json");
    await writeFile(
      instancesFile,
      JSON.stringify({
        instances: [
          { name: "orders", endpoints },
          { name: "web", endpoints },
        ],
      }),
    );
    const { sources, instances } = await found({ instances: [{ name: "orders", endpoints }], instancesFile });
    expect(instances.map(({ name, source }) => [name, source])).toEqual([
      ["orders", "static"],
      ["web", `file:${instancesFile}`],
    ]);
    expect(sources[1]).toMatchObject({ state: "current", conflicts: ["orders"] });
  });

  test("a source that fails is told of with its error, and the others go on", async () => {
    const instancesFile = join(folder, "broken.json");
    await writeFile(instancesFile, '{"instances":[{"name":"Orders","endpoints":[]}]}');
    const { ok, sources, instances } = await found({
      instances: [{ name: "orders", endpoints }],
      instancesFile,
    });
    expect(ok).toBe(false);
    expect(instances.map(({ name }) => name)).toEqual(["orders"]);
    expect(sources).toMatchObject([
      { name: "static", state: "current" },
      {
        state: "failed",
        lastError: "FLEET_DISCOVERY_INVALID_FILE",
        error: expect.stringContaining("instances[0].name") as unknown,
      },
    ]);
  });

  test("even where all fail", async () => {
    const { ok, sources, instances } = await found({ instancesFile: join(folder, "absent.json") });
    expect([ok, instances]).toEqual([false, []]);
    expect(sources).toMatchObject([{ state: "failed", lastError: "FLEET_DISCOVERY_FILE_UNREADABLE" }]);
  });
});

describe("a kubeconfig that leads nowhere is an error of its source, and everything else goes on", () => {
  const cluster = { server: "https://127.0.0.1:1" };
  const kubeconfig = (change: object): object => ({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: { token: "CANARY" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "shop" } }],
    "current-context": "x",
    ...change,
  });
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "false", interactiveMode: "Never" };

  test.for([
    ["is not there", undefined, "FLEET_DISCOVERY_KUBECONFIG"],
    ["is no YAML", "{", "FLEET_DISCOVERY_KUBECONFIG"],
    ["has no such context", kubeconfig({ "current-context": "y" }), "FLEET_DISCOVERY_KUBECONFIG"],
    [
      "has a login that fails",
      kubeconfig({ users: [{ name: "u", user: { exec } }] }),
      "FLEET_DISCOVERY_KUBECONFIG",
    ],
    ["points nowhere", kubeconfig({}), "FLEET_DISCOVERY_API_UNREACHABLE"],
  ] as const)("because it %s", async ([, content, code]) => {
    const path = join(folder, `${crypto.randomUUID()}.yaml`);
    if (content !== undefined)
      await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
    const { ok, sources, instances, rights } = await found(
      { kubernetes: { kubeconfig: path }, instances: [{ name: "orders", endpoints }] },
      {},
      1000,
    );
    expect(ok).toBe(false);
    expect(instances.map(({ name }) => name)).toEqual(["orders"]);
    expect(sources).toMatchObject([
      { name: "static", state: "current" },
      { name: "kubernetes", state: "failed", lastError: code, error: expect.any(String) as unknown },
    ]);
    expect(rights).toEqual({ missing: [], error: expect.any(String) as unknown });
    expect(JSON.stringify([sources, rights])).not.toContain("CANARY");
  });
});

describe("Services that may be Redis and that no profile recognises", () => {
  const redis = [{ name: "redis", port: 6379 }];
  const data = [{ name: "data", port: 7000 }];
  const behind = (name: string): KubernetesObject =>
    endpointSlice(name, {
      ports: data,
      endpoints: [{ addresses: ["10.20.0.9"], targetRef: { kind: "Pod", name: `${name}-0`, uid: name } }],
    });
  const remedy = (name: string): string =>
    `kubectl label service -n default ${name} fleet.dev/instance=${name}`;
  let double: ApiServerDouble;
  let kubeconfig: string;

  beforeAll(async () => {
    double = await startApiServerDouble();
    await double.apply(
      service("podinfo-redis", { labels: { app: "podinfo-redis" }, ports: redis }),
      service("web", { ports: [{ name: "http", port: 8080 }] }),
      service("store", { ports: data }),
      behind("store"),
      pod("store-0", {
        ip: "10.20.0.9",
        container: { image: "registry.example.com/library/redis:7.2@sha256:0" },
      }),
      service("queue", { ports: data }),
      behind("queue"),
      pod("queue-0", { ip: "10.20.0.8", container: { image: "oliver006/redis_exporter:v1" } }),
      service("gone", { ports: data }),
      behind("gone"),
    );
    kubeconfig = join(folder, "double.yaml");
    const ca = Buffer.from(double.ca).toString("base64");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: double.url, "certificate-authority-data": ca } }],
        users: [{ name: "u", user: { token: double.adminToken } }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "default" } }],
        "current-context": "x",
      }),
    );
  });
  afterAll(() => double.close());

  test("are listed with what makes them instances, by their names and by the image of their Pods", async () => {
    const { ok, unrecognised, imagesError, sources } = await found(
      { kubernetes: { kubeconfig } },
      {},
      10_000,
    );
    expect(unrecognised).toEqual([
      {
        namespace: "default",
        service: "podinfo-redis",
        ports: ["redis 6379"],
        remedy: remedy("podinfo-redis"),
      },
      {
        namespace: "default",
        service: "store",
        ports: ["data 7000"],
        image: "registry.example.com/library/redis:7.2@sha256:0",
        remedy: remedy("store"),
      },
    ]);
    expect(imagesError).toBeUndefined();
    expect(ok).toBe(true);
    expect(sources).toMatchObject([
      { conditions: [{ reason: "Unrecognised", object: "Service default/podinfo-redis" }] },
    ]);
  });

  test("pass over Pods that may not be read, which the missing right says", async () => {
    double.inject({ kind: "status", status: 403 }, { verb: "get", resource: "pods", times: Infinity });
    const { unrecognised, imagesError } = await found({ kubernetes: { kubeconfig } }, {}, 10_000);
    double.heal();
    expect(unrecognised?.map((one) => one.service)).toEqual(["podinfo-redis"]);
    expect(imagesError).toBeUndefined();
  });

  test("are listed by their names alone where Pods cannot be read, which is reported", async () => {
    double.inject({ kind: "status", status: 500 }, { verb: "get", resource: "pods", times: Infinity });
    const { unrecognised, imagesError } = await found({ kubernetes: { kubeconfig } }, {}, 10_000);
    expect(unrecognised?.map((one) => one.service)).toEqual(["podinfo-redis"]);
    expect(imagesError).toEqual(expect.any(String));
  });
});

test("without any source there is nothing to discover", async () => {
  await expect(found({})).rejects.toBeInstanceOf(ConfigurationError);
});
