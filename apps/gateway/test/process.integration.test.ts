import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { eventually, startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { keptConnection } from "./http/kept-connection.ts";
import { at } from "./open-gateway.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const token = "process-token-for-tests";
const authorized = { headers: { authorization: `Bearer ${token}` } };

let redis: RedisServer;
let folder: string;
let config: string;
beforeAll(async () => {
  [redis, folder] = await Promise.all([startRedis(), mkdtemp(join(tmpdir(), "fleet-gateway-"))]);
  config = join(folder, "gateway.json");
  await writeFile(
    config,
    JSON.stringify({
      listen: { port: 0 },
      adminListen: { port: 0 },
      drainDelayMs: 0,
      instances: [{ name: "orders", endpoints: [at(redis)] }],
      tokens: [
        { name: "web", digest: hash("sha256", token), rights: "full", targets: ["orders"], dedicated: true },
      ],
    }),
  );
});
afterAll(async () => {
  await redis.close();
  await rm(folder, { recursive: true });
});

function start(
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ["--conditions=@fleet/source", main, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
  });
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
  input = "",
): Promise<Ended> {
  const child = start(args, environment);
  child.stdin.end(input);
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code: code as number | null, out, error };
}

interface Running extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** What it wrote so far. */
  readonly log: () => string;
  readonly ended: Promise<unknown[]>;
}

async function serving(...args: string[]): Promise<Running> {
  const child = start(args.includes("--config") ? args : ["--config", config, ...args]);
  const ended = once(child, "exit");
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
  const line = await eventually(
    () => {
      const found = out.split("\n").find((one) => one.includes('"listening"'));
      if (found === undefined) throw new Error(`not listening yet: ${out}`);
      return JSON.parse(found) as { data: string; admin: string };
    },
    { timeoutMs: 15_000 },
  );
  return {
    url: line.data,
    adminUrl: line.admin,
    child,
    log: () => out,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("a gateway that cannot start says why, and does not listen", () => {
  test("a wrong setting: exit code 2, a line a fault", async () => {
    const { code, out, error } = await run([
      "--config",
      config,
      "--listen-port",
      "eighty",
      "--retries",
      "99",
    ]);
    expect([code, out]).toEqual([2, ""]);
    expect(error.trim().split("\n")).toEqual([
      expect.stringMatching(/^config: listen\.port: .*"eighty".*--listen-port/),
      expect.stringMatching(/^config: retries: .*99.*--retries/),
    ]);
  });

  test("no tokens, no instances", async () => {
    const { code, error } = await run([]);
    expect(code).toBe(2);
    expect(error).toMatch(/^config: instances: there are none/m);
    expect(error).toMatch(/^config: tokens: there are none/m);
  });

  test("a file that is not there", async () => {
    const { code, error } = await run(["--config", join(folder, "none.yaml")]);
    expect([code, error]).toEqual([
      2,
      expect.stringMatching(/^config: .*none\.yaml: .*cannot be read \(ENOENT\)\n$/),
    ]);
  });

  test("a broken file of instances", async () => {
    const broken = join(folder, "instances.yaml");
    await writeFile(broken, "instances:\n  - name: Orders\n    endpoints: [{ host: h, port: 0 }]\n");
    const tokens = JSON.stringify([
      { name: "web", digest: hash("sha256", token), rights: "full", targets: "*", dedicated: true },
    ]);
    const { code, error } = await run(["--instances-file", broken], { FLEET_TOKENS: tokens });
    expect(code).toBe(2);
    expect(error).toMatch(/^config: .*name/m);
    expect(error).toMatch(/^config: .*port/m);
  });

  test("a port that is taken: exit code 1", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    for (const flag of ["--listen-port", "--admin-listen-port"]) {
      const { code, error } = await run(["--config", config, flag, String(port)]);
      expect([code, error]).toEqual([
        1,
        expect.stringMatching(/^the gateway does not start: EADDRINUSE .*\n$/),
      ]);
    }
    squatter.close();
  });
});

describe("the command line", () => {
  test("--version and --help print and exit", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: "0.0.0\n", error: "" });
    expect(await run(["--help"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("--listen-port <port>"),
    });
  });

  test("--print-config prints and exits", async () => {
    const { code, out } = await run(["--config", config, "--print-config"], { FLEET_TIMEOUT_MS: "500" });
    expect(code).toBe(0);
    expect(out).toContain("timeoutMs: 500  # environment FLEET_TIMEOUT_MS\n");
    expect(out).not.toContain(hash("sha256", token));
  });

  test("discover prints what would be found, for people and for programs, and needs no tokens", async () => {
    const instances = JSON.stringify([{ name: "orders", endpoints: [at(redis)] }]);
    const people = await run(["discover"], { FLEET_INSTANCES: instances });
    expect(people).toMatchObject({ code: 0, error: "" });
    expect(people.out).toMatch(/^source static: current, 1 instance, .*\n\norders, ready, from static\n/);
    const { code, out } = await run(["discover", "--json"], { FLEET_INSTANCES: instances });
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, instances: [{ name: "orders" }] }]);
    expect(await run(["discover"])).toMatchObject({ code: 2, out: "" });
  });

  test("discover ends with 1 where a source fails, and tells what the others know", async () => {
    const kubeconfig = join(folder, "absent.kubeconfig");
    const args = ["discover", "--config", config, "--kubernetes-kubeconfig", kubeconfig];
    const { code, out, error } = await run(args);
    expect([code, error]).toEqual([1, ""]);
    expect(out).toMatch(/^source kubernetes: failed, .*\n {2}failed: FLEET_DISCOVERY_KUBECONFIG .*ENOENT/m);
    expect(out).toMatch(/^rights: not known: .*ENOENT/m);
    expect(out).toMatch(/^orders, ready, from static$/m);
  });

  test("digest makes what the configuration wants", async () => {
    expect(await run(["digest"], {}, `${token}\n`)).toEqual({
      code: 0,
      out: `${hash("sha256", token)}\n`,
      error: "",
    });
    expect(await run(["digest"], {}, "short\n")).toMatchObject({ code: 2, out: "" });
    const shaped = hash("sha256", token);
    expect(await run(["digest"], {}, shaped)).toEqual({
      code: 0,
      out: `${hash("sha256", shaped)}\n`,
      error: expect.stringContaining("the shape of a digest"),
    });
  });

  test("token create prints a token and its digest, which the gateway then knows it by", async () => {
    const { code, out, error } = await run(["token", "create"]);
    expect([code, error]).toEqual([0, ""]);
    const [, made, digest] = /^token: {2}(fleet_\S+)\ndigest: ([0-9a-f]{64})\n$/.exec(out)!;
    expect(hash("sha256", made!)).toBe(digest);
    const forPrograms = JSON.parse((await run(["token", "create", "--json"])).out) as object;
    expect(Object.keys(forPrograms)).toEqual(["token", "digest"]);
  });
});

test("SIGHUP ends no gateway: calls in flight are answered, and the configuration is read again", async () => {
  await using gateway = await serving();
  await fetch(`${gateway.url}/set/hung/up`, authorized);
  redis.pause();
  const inFlight = fetch(`${gateway.url}/get/hung`, authorized);
  await eventually(async () => {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/in_flight\{[^}]*\} 1$/m);
  });
  gateway.child.kill("SIGHUP");
  await eventually(() =>
    expect(gateway.log()).toMatch(/"level":30,.*"SIGHUP".*the configuration is the same/),
  );
  redis.resume();
  expect(await (await inFlight).json()).toEqual({ result: "up" });
  gateway.child.kill("SIGTERM");
  expect(await gateway.ended).toEqual([0, null]);
});

describe("a changed configuration file", () => {
  const other = "another-token-for-tests";
  const bearer = (secret: string): RequestInit => ({ headers: { authorization: `Bearer ${secret}` } });
  const tokenOf = (name: string, secret: string): object => ({
    name,
    digest: hash("sha256", secret),
    rights: "full",
    targets: "*",
    dedicated: true,
  });
  const written = {
    listen: { port: 0 },
    adminListen: { port: 0 },
    drainDelayMs: 0,
    reloadIntervalMs: 20,
    instances: [] as object[],
    tokens: [tokenOf("web", token)],
  };

  async function reloading(
    name: string,
  ): Promise<Running & { readonly write: (next: object) => Promise<void> }> {
    const file = join(folder, name);
    const instances = [{ name: "orders", endpoints: [at(redis)] }];
    // As editors and Kubernetes do: another file in its place.
    const write = async (next: object): Promise<void> => {
      await writeFile(`${file}.new`, JSON.stringify({ ...written, instances, ...next }));
      await rename(`${file}.new`, file);
    };
    await write({});
    const running = await serving("--config", file);
    return Object.assign(running, { write });
  }

  test("counts without a restart: tokens, limits and instances, while requests are served", async () => {
    await using gateway = await reloading("reloading.json");
    const answers: number[] = [];
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted)
        answers.push((await fetch(`${gateway.url}/redis/orders/get/k`, authorized)).status);
    })();
    expect((await fetch(`${gateway.url}/redis/orders/get/k`, bearer(other))).status).toBe(401);
    const more = { name: "stock", endpoints: [at(redis)] };
    await gateway.write({
      tokens: [tokenOf("web", token), tokenOf("new", other)],
      instances: [{ name: "orders", endpoints: [at(redis)] }, more],
      maxPipelineCommands: 1,
      timeoutMs: 2000,
    });
    await eventually(async () => {
      expect((await fetch(`${gateway.url}/redis/stock/get/k`, bearer(other))).status).toBe(200);
    });
    const body = '[["PING"],["PING"]]';
    const init = { ...bearer(other), method: "POST", body };
    expect((await fetch(`${gateway.url}/redis/stock/pipeline`, init)).status).toBe(400);
    expect(gateway.log()).toMatch(/"changed":\["maxPipelineCommands","instances","tokens"\]/);
    expect(gateway.log()).toMatch(/"level":40,.*"settings":\["timeoutMs"\].*after a restart/);
    over.abort();
    await load;
    expect(new Set(answers)).toEqual(new Set([200]));
    await gateway.write({ tokens: [tokenOf("new", other)] });
    await eventually(async () => {
      expect((await fetch(`${gateway.url}/redis/orders/get/k`, authorized)).status).toBe(401);
      expect((await fetch(`${gateway.url}/redis/stock/get/k`, bearer(other))).status).toBe(404);
    });
    expect(gateway.log()).not.toContain(hash("sha256", other));
  });

  test("that is broken is refused with its faults, and the one before stays", async () => {
    await using gateway = await reloading("broken.json");
    await gateway.write({ tokens: [{ name: "web", rights: "all" }] });
    await eventually(() =>
      expect(gateway.log()).toMatch(/"level":50,.*"faults":\[.*tokens\[0\].*the configuration is refused/),
    );
    expect((await fetch(`${gateway.url}/redis/orders/get/k`, authorized)).status).toBe(200);
  });
});

test("a source that leads nowhere keeps nobody from serving what the others know, and is to be seen", async () => {
  await using gateway = await serving("--kubernetes-kubeconfig", join(folder, "absent.kubeconfig"));
  expect((await fetch(`${gateway.url}/set/k/v`, authorized)).status).toBe(200);
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toContain('fleet_discovery_source_state{source="kubernetes",state="failed"} 1');
  expect(metrics).toMatch(/^fleet_discovery_last_sync_age_seconds\{source="static"\}/m);
});

test("several of the longest pipelines pass at once", async () => {
  await using gateway = await serving();
  const body = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => ["SET", `long:${index}`, index]));
  const posted = Array.from({ length: 4 }, async () => {
    const response = await fetch(`${gateway.url}/pipeline`, { ...authorized, method: "POST", body });
    return response.json();
  });
  const all = Array.from({ length: 10_000 }, () => ({ result: "OK" }));
  for (const answer of await Promise.all(posted)) expect(answer).toEqual(all);
});

test("SIGKILL under load leaves nothing behind in Redis, and every answered write is there", async () => {
  await using gateway = await serving();
  const connections = async (): Promise<number> =>
    String(await redis.call("CLIENT", "LIST"))
      .split("\n")
      .filter((line) => line.includes("name=fleet:")).length;
  await redis.call("SET", "killed", "0");
  let answered = 0;
  let unanswered = 0;
  const callers = Array.from({ length: 8 }, async () => {
    while (unanswered < 8)
      try {
        const { status } = await fetch(`${gateway.url}/incr/killed`, authorized);
        if (status === 200) answered += 1;
      } catch {
        unanswered += 1;
      }
  });
  await eventually(() => expect(answered).toBeGreaterThan(200));
  expect(await connections()).toBeGreaterThan(0);
  gateway.child.kill("SIGKILL");
  await Promise.all(callers);
  await eventually(async () => expect(await connections()).toBe(0));
  const counter = Number(await redis.call("GET", "killed"));
  expect(counter).toBeGreaterThanOrEqual(answered);
  expect(counter).toBeLessThanOrEqual(answered + unanswered);
});

describe("SIGTERM", () => {
  test("under load loses nothing, not even a request that was written, and ends with 0", async () => {
    await using gateway = await serving("--drain-delay-ms", "300");
    const request = `GET /incr/count HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const port = Number(new URL(gateway.url).port);
    const callers = Array.from({ length: 16 }, () => keptConnection(port, request, () => 1));
    await eventually(async () => expect(Number(await redis.call("GET", "count"))).toBeGreaterThan(200));
    gateway.child.kill("SIGTERM");
    expect(await gateway.ended).toEqual([0, null]);
    const fared = await Promise.all(callers);
    expect(fared.filter(({ lost, last }) => lost || !last)).toEqual([]);
    const answered = fared.reduce((sum, one) => sum + one.answered, 0);
    expect(Number(await redis.call("GET", "count"))).toBe(answered);
  });

  test("lets what is in flight finish, is not ready meanwhile, and takes nothing new", async () => {
    await using gateway = await serving();
    await fetch(`${gateway.url}/set/k/v`, authorized);
    redis.pause();
    const inFlight = fetch(`${gateway.url}/get/k`, authorized);
    await eventually(async () => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).toMatch(/in_flight\{[^}]*\} 1$/m);
    });
    gateway.child.kill("SIGTERM");
    await eventually(async () => expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503));
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);
    await eventually(() => expect(fetch(`${gateway.url}/get/k`, authorized)).rejects.toThrow("fetch failed"));
    redis.resume();
    const response = await inFlight;
    expect([response.status, await response.json()]).toEqual([200, { result: "v" }]);
    expect(await gateway.ended).toEqual([0, null]);
  });

  test("twice does not wait", async () => {
    await using gateway = await serving("--timeout-ms", "60000", "--grace-ms", "60000");
    await fetch(`${gateway.url}/set/k/v`, authorized);
    redis.pause();
    const lost = fetch(`${gateway.url}/get/k`, authorized).catch((error: Error) => error.message);
    await eventually(async () => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).toMatch(/in_flight\{[^}]*\} 1$/m);
    });
    gateway.child.kill("SIGTERM");
    await eventually(async () => expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503));
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toEqual([1, null]);
    expect(await lost).toBe("fetch failed");
    redis.resume();
  });

  test("cuts after the grace what does not end", async () => {
    await using gateway = await serving("--timeout-ms", "60000", "--grace-ms", "100");
    await fetch(`${gateway.url}/set/k/v`, authorized);
    redis.pause();
    const lost = fetch(`${gateway.url}/get/k`, authorized).catch((error: Error) => error.message);
    await eventually(async () => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).toMatch(/in_flight\{[^}]*\} 1$/m);
    });
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toEqual([0, null]);
    redis.resume();
    expect(await lost).toBe("fetch failed");
  });
});
