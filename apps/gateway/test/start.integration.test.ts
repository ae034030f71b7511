import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { eventually, startRedis } from "@fleet/testkit";
import { endpointSlice, kubeconfig, service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import type { ApiServerDouble } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseConfig } from "../src/config/config-schema.ts";
import type { Config } from "../src/config/config-schema.ts";
import { serve } from "../src/serve.ts";
import type { Serving } from "../src/serve.ts";
import { at } from "./open-gateway.ts";

const token = "start-token-for-tests";
const authorized = { headers: { authorization: `Bearer ${token}` } };
const tokens = [
  { name: "web", digest: hash("sha256", token), rights: "full", targets: "*", dedicated: true },
];
const settings = { listen: { port: 0 }, adminListen: { port: 0 }, tokens };
/** Nothing listens there. */
const nowhere = { host: "127.0.0.1", port: 1 };

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "fleet-start-"))));
afterAll(() => rm(folder, { recursive: true }));

function configured(sources: object): Config {
  const parsed = parseConfig({ ...settings, log: { level: "silent" }, ...sources });
  if ("issues" in parsed) throw new TypeError(JSON.stringify(parsed.issues));
  return parsed.config;
}

interface Opened extends Serving {
  /** Settles when the start does. */
  readonly started: Promise<unknown>;
}

/** A gateway as soon as its ports are open. */
async function opened(sources: object): Promise<Opened> {
  const ports = Promise.withResolvers<Serving>();
  const started = serve(configured(sources), {}, ports.resolve);
  started.catch(ports.reject);
  return { ...(await ports.promise), started };
}

interface Told {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly json: unknown;
}

async function told(url: string): Promise<Told> {
  const response = await fetch(url, authorized);
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : text;
  return { status: response.status, retryAfter: response.headers.get("retry-after"), json: json as unknown };
}

async function kubeconfigFile({ url, ca, adminToken }: ApiServerDouble, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, kubeconfig({ url, ca, token: adminToken }));
  return path;
}

const labels = { app: "redis", instance: "orders" };
const release = [
  service("orders", { namespace: "shop", labels }),
  endpointSlice("orders", { namespace: "shop", labels, endpoints: [{ addresses: ["10.20.0.1"] }] }),
];

describe("a gateway whose only source is away", () => {
  test.for(["refuses connections", "is silent", "answers 503", "knows us no more", "forbids everything"])(
    "an API server that %s: it says so until the server is there, and then serves",
    async (trouble) => {
      await using double = await startApiServerDouble();
      await using redis = await startRedis();
      await double.apply(...release);
      if (trouble === "refuses connections") await double.kill();
      if (trouble === "is silent") double.pause();
      const status = trouble === "answers 503" ? 503 : trouble === "knows us no more" ? 401 : 403;
      if (trouble !== "refuses connections" && trouble !== "is silent")
        for (const verb of ["list", "watch"] as const)
          double.inject({ kind: "status", status }, { verb, times: Number.POSITIVE_INFINITY });
      const gateway = await opened({
        kubernetes: { kubeconfig: await kubeconfigFile(double, "away"), namespaces: ["shop"] },
        addressMap: { "10.20.0.1:6379": `${redis.host}:${redis.port}` },
      });
      try {
        expect(await told(`${gateway.admin}/healthz`)).toMatchObject({ status: 200 });
        const reason = expect.stringMatching(/^no instances yet from kubernetes: /) as unknown;
        expect(await told(`${gateway.admin}/readyz`)).toMatchObject({
          status: 503,
          json: { status: "starting", reason, sources: [{ source: "kubernetes" }] },
        });
        for (const path of ["/redis/orders/get/k", "/redis/absent/get/k"])
          expect(await told(gateway.data + path)).toMatchObject({
            status: 503,
            retryAfter: "1",
            json: { code: "FLEET_CLIENT_STARTING", outcome: "not-sent" },
          });
        expect((await told(`${gateway.admin}/metrics`)).json).toMatch(
          /fleet_discovery_source_state\{source="kubernetes",state="(?:starting|failed)"\} 1/,
        );
        if (trouble === "refuses connections") await double.restart();
        if (trouble === "is silent") double.resume();
        double.heal();
        await eventually(
          async () => expect(await told(`${gateway.admin}/readyz`)).toMatchObject({ status: 200 }),
          { timeoutMs: 60_000 },
        );
        await gateway.started;
        expect(await told(`${gateway.data}/redis/orders/set/k/v`)).toMatchObject({ status: 200 });
        expect(await told(`${gateway.data}/redis/absent/get/k`)).toMatchObject({ status: 404 });
      } finally {
        await gateway.close();
      }
    },
  );

  test.for([
    ["sentinel", { sentinel: { sentinels: [nowhere] } }],
    [
      "dns",
      {
        dns: {
          instances: [{ name: "orders", srv: "_redis._tcp.orders.invalid" }],
          timeoutMs: 200,
        },
      },
    ],
  ] as const)("%s: it stays up and says so", async ([source, sources]) => {
    const gateway = await opened(sources);
    try {
      expect(await told(`${gateway.admin}/healthz`)).toMatchObject({ status: 200 });
      const code = expect.stringMatching(/^FLEET_DISCOVERY_(?:SENTINEL|DNS)_/) as unknown;
      await eventually(async () =>
        expect(await told(`${gateway.admin}/readyz`)).toMatchObject({
          status: 503,
          json: { status: "starting", sources: [{ source, state: "failed", code }] },
        }),
      );
      expect(await told(`${gateway.data}/redis/orders/get/k`)).toMatchObject({
        status: 503,
        json: { code: "FLEET_CLIENT_STARTING" },
      });
    } finally {
      await gateway.close();
    }
    await expect(gateway.started).rejects.toMatchObject({ code: "FLEET_DISCOVERY_CLOSED" });
  });

  test("beside another that delivered: what is known is served, and what is not known may come", async () => {
    await using double = await startApiServerDouble();
    await using redis = await startRedis();
    await double.apply(...release);
    await double.kill();
    const gateway = await serve(
      configured({
        instances: [{ name: "hand", endpoints: [at(redis)] }],
        kubernetes: { kubeconfig: await kubeconfigFile(double, "beside"), namespaces: ["shop"] },
      }),
      {},
    );
    try {
      expect(await told(`${gateway.admin}/readyz`)).toMatchObject({ status: 200 });
      expect(await told(`${gateway.data}/redis/hand/set/k/v`)).toMatchObject({ status: 200 });
      expect(await told(`${gateway.data}/redis/orders/get/k`)).toMatchObject({ status: 503 });
    } finally {
      await gateway.close();
    }
  });
});

test("beside one that is silent: ready when the ports are open, and the body names the silent one", async () => {
  await using double = await startApiServerDouble();
  double.pause();
  const gateway = await opened({
    instances: [{ name: "hand", endpoints: [nowhere] }],
    kubernetes: { kubeconfig: await kubeconfigFile(double, "silent"), namespaces: ["shop"] },
  });
  try {
    expect(await told(`${gateway.admin}/readyz`)).toMatchObject({
      status: 200,
      json: {
        status: "ready",
        reason: "no instances yet from kubernetes: no answer yet",
        sources: [{ source: "kubernetes", state: "starting" }],
      },
    });
    expect(await told(`${gateway.data}/redis/orders/get/k`)).toMatchObject({ status: 503 });
  } finally {
    await gateway.close();
  }
});

test("a kubeconfig that cannot be used ends its own gateway, and no other of the process", async () => {
  await using double = await startApiServerDouble();
  await double.apply(...release);
  await double.kill();
  const gateway = await opened({
    kubernetes: { kubeconfig: await kubeconfigFile(double, "first"), namespaces: ["shop"] },
  });
  try {
    await eventually(async () =>
      expect(await told(`${gateway.admin}/readyz`)).toMatchObject({
        json: { sources: [{ state: "failed" }] },
      }),
    );
    const kubernetes = { kubeconfig: join(folder, "absent"), namespaces: ["shop"] };
    await expect(serve(configured({ kubernetes }), {})).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CONFIGURATION",
    });
    await double.restart();
    await gateway.started;
    expect(await told(`${gateway.admin}/readyz`)).toMatchObject({ status: 200 });
  } finally {
    await gateway.close();
  }
});

test("a kubeconfig that cannot be used ends the start, and nothing is left open", async () => {
  const kubernetes = { kubeconfig: join(folder, "absent"), namespaces: ["shop"] };
  await expect(serve(configured({ kubernetes }), {})).rejects.toMatchObject({
    code: "FLEET_GATEWAY_CONFIGURATION",
    faults: [expect.stringContaining("ENOENT")],
  });
});

describe("a process whose only source is away", () => {
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

  test("writes JSON from its first line on, and ends with 0 when it is told to", async () => {
    const config = join(folder, "gateway.json");
    await writeFile(config, JSON.stringify({ ...settings, sentinel: { sentinels: [nowhere] } }));
    const child = spawn(process.execPath, ["--conditions=@fleet/source", main, "--config", config], {
      env: { PATH: process.env["PATH"] },
    });
    const ended = once(child, "exit");
    let written = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (written += chunk));
    await eventually(() => expect(written).toContain('"listening"'), { timeoutMs: 15_000 });
    await eventually(() => expect(written).toContain("FLEET_DISCOVERY_SENTINEL_UNREACHABLE"));
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    const lines = written.trim().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object).includes("msg"))).toEqual(
      lines.map(() => true),
    );
  });

  test("and whose kubeconfig cannot be used ends with 2", async () => {
    const args = ["--kubernetes-kubeconfig", join(folder, "absent"), "--listen-port", "0"];
    const child = spawn(process.execPath, ["--conditions=@fleet/source", main, ...args], {
      env: { PATH: process.env["PATH"], FLEET_TOKENS: JSON.stringify(tokens), FLEET_ADMIN_LISTEN_PORT: "0" },
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    expect(await once(child, "exit")).toEqual([2, null]);
    expect(errors).toMatch(/^config: .*ENOENT/);
  });
});
