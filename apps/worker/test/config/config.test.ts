import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { breakerRules } from "@fleet/breaker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { settings } from "../../src/config/config-schema.ts";
import { loadConfig, printConfig } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-worker-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.yaml`);
  await writeFile(path, content);
  return path;
}

async function faults(options: Parameters<typeof loadConfig>[0]): Promise<readonly string[]> {
  const error: unknown = await loadConfig(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).faults;
}

describe("a value comes from the strongest that has it", () => {
  test("flag, environment, file, preset, default", async () => {
    const path = await file(
      "preset: production\nname: casts\nhubConcurrency: 7\nattempts: 2\nleaseMs: 1001\n",
    );
    const { config, sources } = await loadConfig({
      file: path,
      flags: { leaseMs: "1003" },
      environment: { FLEET_WORKER_LEASE_MS: "1002", FLEET_WORKER_ATTEMPTS: "3", FLEET_WORKER_NAME: "" },
    });
    expect(config).toMatchObject({
      leaseMs: 1003,
      attempts: 3,
      name: "casts",
      hubConcurrency: 7,
      requestsPerSecond: 20,
      databaseConcurrency: 8,
    });
    const told = [...sources].filter(([, source]) => source !== "default");
    expect(Object.fromEntries(told)).toEqual({
      preset: `file ${path}`,
      name: `file ${path}`,
      hubConcurrency: `file ${path}`,
      attempts: "environment FLEET_WORKER_ATTEMPTS",
      leaseMs: "flag --lease-ms",
      requestsPerSecond: "preset production",
    });
  });

  test.for([
    [undefined, 5, 8, 10],
    ["development", 3, 8, 5],
    ["production", 10, 8, 20],
    ["high-availability", 10, 8, 20],
  ] as const)("the preset %s has hub %d, database %d, %d a second", async ([preset, hub, database, rate]) => {
    const { config } = await loadConfig({ flags: preset === undefined ? {} : { preset }, environment: {} });
    expect(config).toMatchObject({
      hubConcurrency: hub,
      databaseConcurrency: database,
      requestsPerSecond: rate,
    });
  });

  test("the names of the original count where ours are not set", async () => {
    expect((await loadConfig({ environment: { MAX_FID: "900", CONCURRENCY: "2" } })).config).toMatchObject({
      range: { from: 1, to: 900 },
      hubConcurrency: 2,
    });
    const { config, sources } = await loadConfig({
      environment: { FIDS: "1, 2,3", CONCURRENCY: "2", FLEET_WORKER_HUB_CONCURRENCY: "4" },
    });
    expect(config).toMatchObject({ ids: ["1", "2", "3"], hubConcurrency: 4 });
    expect(sources.get("ids")).toBe("environment FIDS");
  });

  test("so do those of other Redis clients, whose times are seconds; those without a counterpart are left alone", async () => {
    const loaded = await loadConfig({
      environment: {
        REDIS_URL: "redis://u:hunter2@h:1",
        REDIS_OPERATION_TIMEOUT: "2.5",
        CIRCUIT_BREAKER_FAILURE_THRESHOLD: "7",
        CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "60",
        REDIS_MAX_CONNECTIONS: "10",
        FLEET_TOKENS: "[]",
      },
    });
    expect(loaded.config).toMatchObject({
      redisUrl: "redis://u:hunter2@h:1",
      redisTimeoutMs: 2500,
      breaker: { consecutiveFailures: 7, openMs: 60_000, maxOpenMs: 60_000 },
    });
    expect(loaded.remarks).toEqual([
      "REDIS_MAX_CONNECTIONS: ignored, the worker has no such setting",
      "FLEET_TOKENS: ignored, it is not the worker's",
    ]);
    expect(printConfig(loaded)).toContain("redisUrl: redis://u:***@h:1  # environment REDIS_URL\n");
    expect(
      await faults({ environment: { REDIS_URI: "redis://u:hunter2@h", CIRCUIT_BREAKER_X: "1" } }),
    ).toEqual([
      "REDIS_URI: is not a known variable; did you mean REDIS_URL?",
      expect.stringMatching(/^CIRCUIT_BREAKER_X: is not a known variable; the nearest is CIRCUIT_BREAKER_/),
    ]);
  });

  test("an unknown variable of neither app is a fault with the nearest name", async () => {
    const environment = {
      FLEET_WORKR_ATTEMPTS: "3",
      FLEET_ATTEMPTS: "3",
      FLEET_TEST_REDIS_8: "x",
      FLEET_POOL_EXCLUSIVE_MAX: "3",
      FLEET_TIMEOUT_MS: "3",
      FLEET_GATEWAY_SERVICE_HOST: "10.0.0.1",
      FLEET_GATEWAY_PORT: "tcp://10.0.0.1:80",
    };
    expect(await faults({ environment })).toEqual([
      "FLEET_WORKR_ATTEMPTS: is not a known variable; did you mean FLEET_WORKER_ATTEMPTS?",
      "FLEET_ATTEMPTS: is not a known variable; did you mean FLEET_WORKER_ATTEMPTS?",
    ]);
  });

  test("every option of the breakers that can be written is a setting", async () => {
    const written = Object.entries(breakerRules).filter(
      ([name, { kind }]) => kind !== "object" && name !== "name",
    );
    const paths = new Set(settings.map(({ path }) => path));
    expect(written.map(([name]) => `breaker.${name}`).filter((path) => !paths.has(path))).toEqual([]);
    const { config } = await loadConfig({
      environment: { FLEET_WORKER_BREAKER_JITTER: "0", FLEET_WORKER_BREAKER_FAILURES: "3" },
    });
    expect(config.breaker).toEqual({
      consecutiveFailures: 3,
      openMs: 1000,
      maxOpenMs: 30_000,
      halfOpenProbes: 1,
      jitter: 0,
    });
  });

  test("what Kubernetes sets for a Service of the same name disturbs nothing", async () => {
    const environment = {
      FLEET_WORKER_PORT: "tcp://10.0.0.1:80",
      FLEET_WORKER_PORT_80_TCP: "tcp://10.0.0.1:80",
      FLEET_WORKER_PORT_80_TCP_ADDR: "10.0.0.1",
      FLEET_WORKER_SERVICE_HOST: "10.0.0.1",
      FLEET_WORKER_SERVICE_PORT: "80",
      FLEET_WORKER_SERVICE_PORT_METRICS: "80",
      FLEET_WORKER_HUB_PORT: "tcp://10.0.0.2:80",
      FLEET_WORKER_HUB_SERVICE_HOST: "10.0.0.2",
    };
    expect((await loadConfig({ environment })).config.listenPort).toBeUndefined();
    expect(settings.filter(({ env }) => /_(?:PORT|SERVICE)(?:_|$)/.test(env)).map(({ env }) => env)).toEqual([
      "FLEET_WORKER_LISTEN_PORT",
    ]);
  });

  test("a variable or a setting that is none is refused, with the name that was most likely meant", async () => {
    const environment = {
      FLEET_WORKER_BUFER: "5",
      FLEET_WORKER_REQUEST_PER_SECONDS: "5",
      FLEET_WORKER_XYZ: "",
      FLEET_TIMEOUT_MS: "3000",
    };
    const path = await file("hubURL: http://hub/{id}\ncolour: red\n");
    expect(await faults({ environment, file: path })).toEqual([
      "FLEET_WORKER_BUFER: is not a known variable; did you mean FLEET_WORKER_BUFFER?",
      "FLEET_WORKER_REQUEST_PER_SECONDS: is not a known variable; did you mean FLEET_WORKER_REQUESTS_PER_SECOND?",
      expect.stringMatching(
        /^FLEET_WORKER_XYZ: is not a known variable; the nearest is FLEET_WORKER_[A-Z_]+$/,
      ),
      `hubURL: is not a known setting; did you mean hubUrl? (file ${path}:1)`,
      expect.stringMatching(/^colour: is not a known setting; the nearest is \w+ \(file .*:2\)$/),
    ]);
  });

  test("a place in a file is meant from where the file lies, in a flag from where one stands", async () => {
    const path = await file("idsFile: ids.txt\njob: ../job.ts\nsink: ndjson:out/casts.ndjson\n");
    const { config } = await loadConfig({ file: path, environment: {} });
    expect(config).toMatchObject({
      idsFile: join(folder, "ids.txt"),
      job: join(folder, "../job.ts"),
      sink: `ndjson:${join(folder, "out/casts.ndjson")}`,
    });
    expect((await loadConfig({ flags: { sink: "pglite:data" }, environment: {} })).config.sink).toBe(
      "pglite:data",
    );
  });

  test("a switch can be turned off where the file turns it on", async () => {
    const path = await file("exitOnComplete: true\n");
    const { config } = await loadConfig({ file: path, flags: { exitOnComplete: false }, environment: {} });
    expect(config.exitOnComplete).toBe(false);
  });

  test("the file may be named by the environment, and headers may stand in a variable", async () => {
    const path = await file('{ "name": "casts" }');
    const { config } = await loadConfig({
      environment: { FLEET_WORKER_CONFIG: path, FLEET_WORKER_HUB_HEADERS: "x-tenant: shop" },
    });
    expect(config).toMatchObject({ name: "casts", hubHeaders: { "x-tenant": "shop" } });
  });
});

describe("a wrong value is refused with one line a fault", () => {
  test("that says where, what was expected, what stands there and who said so", async () => {
    const path = await file("attempts: many\ncolour: red\nids: [1, [2]]\n");
    const found = await faults({
      file: path,
      flags: { leaseMs: "1" },
      environment: { FLEET_WORKER_LOG_LEVEL: "loud", MAX_FID: "all" },
    });
    const text = found.join("\n");
    expect(text).toMatch(/^attempts: .*number.*, got "many" \(file .*\)$/m);
    expect(text).toMatch(/^colour: is not a known setting; the nearest is \w+ \(file .*:2\)$/m);
    expect(text).toMatch(/^ids\[1\]: expected an id.*, got a list \(file .*\)$/m);
    expect(text).toMatch(/^leaseMs: .*>=100, got 1 \(flag --lease-ms\)$/m);
    expect(text).toMatch(/^logLevel: .*"warn".*, got "loud" \(environment FLEET_WORKER_LOG_LEVEL\)$/m);
    expect(text).toMatch(
      /^range: expected whole numbers FROM\.\.TO.*, got "1\.\.all" \(environment MAX_FID\)$/m,
    );
    expect(found).toHaveLength(6);
  });

  test.for(["10..1", "1-10", "a..b", "-1..5", "1..", "1..1e3", "1..99999999999999999999", ""])(
    "%j is no range",
    async (range) => {
      expect(await faults({ flags: { range }, environment: {} })).toEqual([
        expect.stringMatching(/^range: .*\(flag --range\)$/),
      ]);
    },
  );

  test.for([
    [{ hubUrl: "http://hub/v1/casts" }, /^hubUrl: expected \{id\} where the id goes/],
    [{ hubUrl: "hub/{id}" }, /^hubUrl: expected an http:\/\/ or https:\/\/ URL/],
    [{ redisUrl: "localhost:6379" }, /^redisUrl: expected a redis:\/\//],
    [{ redisUrl: "redis://h/casts" }, /^redisUrl: expected a redis:\/\/ or rediss:\/\/ URL, a path only as/],
    [{ redisUrl: "redis://us%er:p@h" }, /^redisUrl: expected a URL with user and password percent-encoded/],
    [{ redisUrl: "redis://u:p%@h" }, /^redisUrl: .*got a value that is not shown/],
    [{ redisUrl: "redis://h/2", redisCluster: true }, /^redisUrl: a cluster has no database but 0/],
    [{ redisCluster: true, redisSentinels: "a:1,b:2" }, /^redisCluster: a cluster has no Sentinels/],
    [{ redisSentinels: "a:b" }, /^redisSentinels\[0\]: expected HOST:PORT, got "a:b"/],
    [{ redisCaFile: "ca.pem" }, /^redisCaFile: redisUrl is redis:\/\/, without TLS/],
    [{ sink: "mysql://a" }, /^sink: expected pglite:FOLDER, postgres/],
    [{ sinkTable: 'casts"; drop table casts' }, /^sinkTable: expected TABLE or SCHEMA\.TABLE/],
    [{ requestsPerSecond: "0" }, /^requestsPerSecond: .*>0, got 0/],
    [
      { requestsPerSecond: "many" },
      /^requestsPerSecond: expected a number above 0, or "unlimited", got "many"/,
    ],
    [{ idPattern: "(" }, /^idPattern: expected a regular expression, got "\("/],
    [{ retryMinDelayMs: "10", retryMaxDelayMs: "5" }, /^retryMinDelayMs: 10 is more than retryMaxDelayMs: 5/],
    [{ "breaker.openMs": "10", "breaker.maxOpenMs": "5" }, /^breaker\.openMs: 10 is more than/],
    [
      { range: "1..2", stream: "s" },
      /^range: there is one source of ids, and there are range \(flag --range\) and stream/,
    ],
  ] as const)("%j", async ([flags, message]) => {
    expect(await faults({ flags: { ...flags }, environment: {} })).toEqual([expect.stringMatching(message)]);
  });

  test.for([
    ["listen: [", /:1: not YAML or JSON/],
    ["a: 1\nb: : :\n", /:2: not YAML or JSON/],
    ["- 1", /: expected a mapping of settings/],
    ["a: *b", /not YAML or JSON/],
  ] as const)("the file %j", async ([content, message]) => {
    expect(await faults({ file: await file(content), environment: {} })).toEqual([
      expect.stringMatching(message),
    ]);
  });

  test("no fault shows a secret", async () => {
    const path = await file("hubHeaders: hunter2\nhubToken: [hunter2]\nredisUrl: 'x://u:hunter2@h'\n");
    const found = await faults({
      file: path,
      flags: { sink: "mysql://u:hunter2@h" },
      environment: { FLEET_WORKER_HUB_URL: "http://h/?key=hunter2" },
    });
    expect(found).toHaveLength(5);
    expect(found.join("\n")).not.toContain("hunter2");
    const broken = await file("hubToken: 'hunter2\n");
    expect((await faults({ file: broken, environment: {} })).join("")).not.toContain("hunter2");
  });

  test("a file that is not there", async () => {
    expect(await faults({ file: join(folder, "none.yaml"), environment: {} })).toEqual([
      expect.stringMatching(/none\.yaml: the configuration file cannot be read \(ENOENT\)$/),
    ]);
  });
});

describe("--print-config", () => {
  test("shows each value with its source, and no secret", async () => {
    const text = printConfig(
      await loadConfig({
        flags: { range: "1..10", redisUrl: "redis://u:hunter2@h:1", requestsPerSecond: "unlimited" },
        environment: {
          FLEET_WORKER_HUB_TOKEN: "hunter2",
          FLEET_WORKER_HUB_URL: "http://h/{id}?fid={id}&key=hunter2",
          FLEET_WORKER_HUB_HEADERS: '{ "x-key": "hunter2" }',
          FLEET_WORKER_SINK: "postgres://u:hunter2@h/db",
        },
      }),
    );
    expect(text).toContain("range: 1..10  # flag --range\n");
    expect(text).toContain("requestsPerSecond: unlimited  # flag --requests-per-second\n");
    expect(text).toContain("leaseMs: 10000  # default\n");
    expect(text).toContain("# chunkSize: not set\n");
    expect(text).toContain("hubUrl: http://h/{id}?fid={id}&key=***  # environment FLEET_WORKER_HUB_URL\n");
    expect(text).toContain('hubToken: "***"  # environment FLEET_WORKER_HUB_TOKEN\n');
    expect(text).toContain('x-key: "***"\n');
    expect(text).toContain("sink: postgres://u:***@h/db");
    expect(text).not.toContain("hunter2");
  });

  test("of what is not secret can be read again and says the same", async () => {
    const first = await loadConfig({
      flags: { ids: "1,2", preset: "production", requestsPerSecond: "unlimited" },
      environment: {},
    });
    const again = await loadConfig({ file: await file(printConfig(first)), environment: {} });
    expect({ ...again.config, sink: first.config.sink }).toMatchObject(first.config);
  });
});
