import { describe, expect, test } from "vitest";

import { loadConfig, printConfig } from "../../src/config.ts";
import { settings } from "../../src/config/config-schema.ts";
import { legacyVariables } from "../../src/config/legacy-variables.ts";
import { presets } from "../../src/config/presets.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { digestOf } from "../../src/token-secret.ts";

const token = { name: "web", digest: digestOf("correct-horse-battery"), rights: "full", targets: "*" };
const tokens = JSON.stringify([{ ...token, project: "shop" }]);
const instances = JSON.stringify([{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 6379 }] }]);
const enough = { FLEET_INSTANCES: instances, FLEET_TOKENS: tokens };

async function faults(environment: Record<string, string>): Promise<readonly string[]> {
  const error: unknown = await loadConfig({ environment }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).faults;
}

describe("presets and the variables of other clients", () => {
  test("name settings that there are", () => {
    const paths = new Set(settings.map(({ path }) => path));
    const named = [
      ...Object.values(presets).flatMap((preset) => Object.keys(preset)),
      ...legacyVariables.flatMap(({ means }) => Object.keys(means)),
    ];
    expect(named.filter((path) => !paths.has(path))).toEqual([]);
  });
});

describe("a preset", () => {
  test.for([
    ["development", { max: 10, maxAgeMs: 120_000, idleTimeoutMs: 300_000 }, { dialTimeoutMs: 5000 }, {}],
    [
      "production",
      { max: 50, maxAgeMs: 600_000, idleTimeoutMs: 600_000 },
      { dialTimeoutMs: 3000 },
      { breaker: { consecutiveFailures: 5, openMs: 30_000, maxOpenMs: 60_000 } },
    ],
    ["high-availability", { max: 30 }, { healthCheckIntervalMs: 15_000 }, { retries: 10 }],
  ] as const)("%s has its numbers", async ([preset, exclusive, pool, more]) => {
    const loaded = await loadConfig({ environment: { ...enough, FLEET_PRESET: preset } });
    expect(loaded.config).toMatchObject({ pool: { ...pool, exclusive }, ...more });
    expect(printConfig(loaded)).toContain(`pool.exclusive.max: ${exclusive.max}  # preset ${preset}\n`);
  });

  test("gives way to whatever is set, and a name that is none is refused", async () => {
    const { config } = await loadConfig({
      flags: { preset: "production", "pool.exclusive.max": "7" },
      environment: { ...enough, FLEET_BREAKER_OPEN_MS: "500" },
    });
    expect(config).toMatchObject({
      pool: { exclusive: { max: 7 } },
      breaker: { openMs: 500, maxOpenMs: 60_000 },
    });
    expect(await faults({ ...enough, FLEET_PRESET: "prod" })).toEqual([
      'preset: expected one of "development"|"production"|"high-availability", got "prod" (environment FLEET_PRESET)',
    ]);
  });

  test.for(["production", "high-availability"])("%s wants a project of every token", async (preset) => {
    const admin = { name: "operator", digest: digestOf("another-horse-battery"), rights: "admin" };
    const FLEET_TOKENS = JSON.stringify([{ ...token, dedicated: true }, admin]);
    const environment = { ...enough, FLEET_TOKENS, FLEET_PRESET: preset };
    expect(await faults(environment)).toEqual([
      "tokens[0].project: is missing, and requireProject is on: no token may see the keys of all",
    ]);
    const { config } = await loadConfig({ environment: { ...environment, FLEET_REQUIRE_PROJECT: "false" } });
    expect(config.requireProject).toBe(false);
    expect(await faults({ ...enough, FLEET_TOKENS, FLEET_REQUIRE_PROJECT: "true" })).toHaveLength(1);
  });
});

describe("variables of other Redis clients", () => {
  test("count where the gateway's own are not set, in seconds where those have milliseconds", async () => {
    const environment = {
      FLEET_TOKENS: tokens,
      REDIS_URL: "rediss://app:p%40ss@redis.example:6380/0",
      REDIS_MAX_CONNECTIONS: "12",
      REDIS_CONNECTION_TIMEOUT: "2.5",
      REDIS_OPERATION_TIMEOUT: "10.0",
      REDIS_MAX_RETRIES: "3",
      REDIS_RETRY_DELAY: "0.1",
      REDIS_HEALTH_CHECK_INTERVAL: "30.0",
      CIRCUIT_BREAKER_FAILURE_THRESHOLD: "6",
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "90.0",
    };
    const loaded = await loadConfig({ environment });
    expect(loaded.config).toMatchObject({
      instances: [
        {
          name: "default",
          endpoints: [{ host: "redis.example", port: 6380 }],
          credentials: { username: "app", password: "env:REDIS_URL" },
          tls: {},
        },
      ],
      timeoutMs: 10_000,
      retries: 3,
      retry: { minDelayMs: 100, maxDelayMs: 512 },
      pool: { dialTimeoutMs: 2500, healthCheckIntervalMs: 30_000, exclusive: { max: 12 } },
      breaker: { consecutiveFailures: 6, openMs: 90_000, maxOpenMs: 90_000 },
    });
    const printed = printConfig(loaded);
    expect(printed).toContain("pool.dialTimeoutMs: 2500  # environment REDIS_CONNECTION_TIMEOUT\n");
    expect(printed).not.toContain("p%40ss");
    expect(printed).not.toContain("p@ss");
    const section = { ...environment, FLEET_POOL: "{ exclusive: { max: 21 } }" };
    expect((await loadConfig({ environment: section })).config.pool).toMatchObject({
      exclusive: { max: 21 },
    });
    const own = { ...environment, FLEET_TIMEOUT_MS: "500", FLEET_INSTANCES: instances };
    expect((await loadConfig({ environment: own })).config).toMatchObject({
      timeoutMs: 500,
      instances: [{ name: "orders" }],
    });
  });

  test("that are wrong are refused, without the secret in them", async () => {
    const found = await faults({
      FLEET_TOKENS: tokens,
      REDIS_URL: "redis://:CANARY@h/3",
      REDIS_MAX_RETRIES: "many",
      REDIS_OPERATION_TIMEOUT: "-1",
      REDIS_MAX_CONNECTION: "5",
      REDIS_HOST: "h",
      CIRCUIT_BREAKER_THRESHOLD: "5",
      FLEET_TIMEOUT: "5",
    });
    expect(found).toEqual([
      "REDIS_MAX_CONNECTION: is not a known variable; did you mean REDIS_MAX_CONNECTIONS?",
      "REDIS_HOST: is not a known variable; the nearest is REDIS_URL",
      "CIRCUIT_BREAKER_THRESHOLD: is not a known variable; did you mean CIRCUIT_BREAKER_FAILURE_THRESHOLD?",
      "FLEET_TIMEOUT: is not a known variable; did you mean FLEET_TIMEOUT_MS?",
      'REDIS_MAX_RETRIES: expected a whole number, got "many"',
      "REDIS_URL: expected redis://[user:password@]host[:port], or rediss:// for TLS, of database 0; whoever has a user name has a password, and both are percent-encoded",
      "timeoutMs: Too small: expected number to be >=1, got -1000 (environment REDIS_OPERATION_TIMEOUT)",
    ]);
    expect(found.join("\n")).not.toContain("CANARY");
  });

  test.for([
    "default:CANARY@host:6379",
    "CANARY",
    "redis://us%er:CANARY@h",
    "redis://u:CANARY%@h",
    "redis://CANARY@host",
    "redis://CANARY:@host",
  ])("REDIS_URL=%s is a fault of that variable, without the secret", async (REDIS_URL) => {
    const found = await faults({ FLEET_TOKENS: tokens, REDIS_URL });
    expect(found[0]).toMatch(/^REDIS_URL: expected redis:/);
    expect(found.join("\n")).not.toContain("CANARY");
  });

  test("that are none, and those that references lead to, are left alone", async () => {
    const at = [
      { name: "orders", endpoints: [{ host: "h", port: 1 }], credentials: { password: "env:REDIS_KEY" } },
    ];
    const environment = {
      FLEET_TOKENS: tokens,
      FLEET_INSTANCES: JSON.stringify(at),
      REDIS_KEY: "CANARY",
      REDIS_PASSWORD: "CANARY",
      REDIS_PORT: "tcp://10.0.0.1:6379",
      REDIS_SERVICE_HOST: "10.0.0.1",
      REDIS_PORT_6379_TCP_ADDR: "10.0.0.1",
      FLEET_WORKER_NAME: "casts",
    };
    const { remarks } = await loadConfig({ environment });
    expect(remarks).toEqual([
      "REDIS_PASSWORD: ignored, no reference in the configuration leads to it",
      "REDIS_PORT: ignored, Kubernetes sets it for a Service",
      "REDIS_SERVICE_HOST: ignored, Kubernetes sets it for a Service",
      "REDIS_PORT_6379_TCP_ADDR: ignored, Kubernetes sets it for a Service",
      "FLEET_WORKER_NAME: ignored, it is not the gateway's",
    ]);
  });
});

test("all faults are shown in one go, whatever finds them", async () => {
  const found = await faults({
    FLEET_INSTANCES: JSON.stringify([{ name: "Orders", endpoints: [] }]),
    FLEET_TOKENS: JSON.stringify([{ ...token, targets: [] }]),
    FLEET_LISTEN_PORT: "8081",
    FLEET_RETRIES: "many",
    FLEET_POOL_RECONNECT_MAX_DELAY_MS: "1",
    FLEET_OVERRIDES: "{ orders: { breaker: { openMs: 5, maxOpenMs: 4 }, pool: { exclusive: { maxx: 1 } } } }",
    FLEET_TIMEOUT: "5",
  });
  const text = found.join("\n");
  for (const fault of [
    /^FLEET_TIMEOUT: /m,
    /^retries: .*"many"/m,
    /^overrides\.orders\.pool\.exclusive\.maxx: .*did you mean max\? \(environment FLEET_OVERRIDES\)$/m,
    /^tokens\[0\]\.targets: /m,
    /^adminListen\.port: 8081 is the data port too/m,
    /^instances\[0\]\.name: /m,
    /^pool\.reconnectMaxDelayMs must be /m,
  ])
    expect(text).toMatch(fault);
});
