import { join } from "node:path";

import { assert, asyncProperty, subarray } from "fast-check";
import { describe, expect, test } from "vitest";

import { printSettings } from "../src/index.ts";
import { app, type Config, faultsOf, useFolder } from "./define.ts";

const folder = useFolder();
const load = (environment: Record<string, string>): Promise<Config> =>
  app.load({ environment }).then(({ config }) => config);

describe("the naming rule", () => {
  test("gives each setting a variable and a flag of its own", () => {
    const names = Object.fromEntries(app.all.map(({ path, env, flag }) => [path, [env, flag]]));
    expect(names).toMatchObject({
      timeoutMs: ["APP_TIMEOUT_MS", "--timeout-ms <ms>"],
      "listen.isOpen": ["APP_LISTEN_IS_OPEN", "--listen-is-open"],
      "pool.exclusive.maxAgeMs": ["APP_POOL_EXCLUSIVE_MAX_AGE_MS", "--pool-exclusive-max-age-ms <ms>"],
      "sentinel.enabled": ["APP_SENTINEL", "--sentinel"],
      url: ["APP_URL", "--url <text>"],
      password: ["APP_PASSWORD", undefined],
      users: ["APP_USERS", undefined],
    });
    expect(new Set(app.all.map(({ env }) => env)).size).toBe(app.all.length);
  });
});

describe("layers", () => {
  test("flag over environment over file over preset over default", async () => {
    type Layer = "flag" | "environment" | "file" | "preset" | "default";
    const values = { flag: 5, environment: 4, file: 3, preset: 2, default: 8 };
    const order: readonly Layer[] = ["flag", "environment", "file", "preset", "default"];
    await assert(
      asyncProperty(subarray(["flag", "environment", "file", "preset"] as const), async (layers) => {
        const has = (layer: Layer): boolean => layers.includes(layer as never);
        const content = has("file") ? "pool: { exclusive: { max: 3 } }" : "{}";
        const file = await folder.file(content);
        const loaded = await app.load({
          file,
          flags: {
            ...(has("flag") && { "pool.exclusive.max": "5" }),
            ...(has("preset") && { preset: "small" }),
          },
          environment: has("environment") ? { APP_POOL_EXCLUSIVE_MAX: "4" } : {},
        });
        const winner = order.find((layer) => layer === "default" || has(layer))!;
        const line = printSettings(app.all, loaded)
          .split("\n")
          .find((one) => one.startsWith("pool.exclusive.max:"));
        const source = {
          flag: "flag --pool-exclusive-max",
          environment: "environment APP_POOL_EXCLUSIVE_MAX",
          file: `file ${file}`,
          preset: "preset small",
          default: "default",
        }[winner];
        expect(line).toBe(`pool.exclusive.max: ${values[winner]}  # ${source}`);
      }),
      { numRuns: 32 },
    );
  });

  test("a preset may be chosen by file, variable and flag", async () => {
    const file = await folder.file("preset: large");
    const max = async (options: Parameters<typeof app.load>[0]): Promise<number | undefined> =>
      (await app.load(options)).config.pool.exclusive.max;
    expect(await max({ file, environment: {} })).toBe(50);
    expect(await max({ file, environment: { APP_PRESET: "small" } })).toBe(2);
    expect(await max({ file, flags: { preset: "large" }, environment: { APP_PRESET: "small" } })).toBe(50);
  });

  test("another name for a variable is weaker than its own and stronger than the file, and has units of its own", async () => {
    const file = await folder.file("timeoutMs: 7");
    const { config, sources } = await app.load({ file, environment: { OLD_TIMEOUT: "1.5", OLD_MAX: "3" } });
    expect([config.timeoutMs, config.pool.exclusive.max]).toEqual([1500, 3]);
    expect(sources.get("timeoutMs")).toBe("environment OLD_TIMEOUT");
    expect((await load({ OLD_TIMEOUT: "1.5", APP_TIMEOUT_MS: "9" })).timeoutMs).toBe(9);
    expect(await faultsOf({ environment: { OLD_TIMEOUT: "soon" } })).toEqual([
      'OLD_TIMEOUT: expected seconds, got "soon"',
    ]);
  });

  test("a variable may hold a whole section, and what is more exact counts", async () => {
    const environment = { APP_POOL: "{ exclusive: { max: 3, maxAgeMs: 4 } }", APP_POOL_EXCLUSIVE_MAX: "5" };
    expect((await load(environment)).pool).toEqual({ exclusive: { max: 5, maxAgeMs: 4 } });
    expect(await faultsOf({ environment: { APP_POOL: "{ exclusiv: { max: 3 } }" } })).toEqual([
      "pool.exclusiv: is not a known setting; did you mean exclusive? (environment APP_POOL)",
    ]);
    expect(await faultsOf({ environment: { APP_POOL: "5", APP_LISTEN: "{" } })).toEqual([
      "APP_LISTEN: expected YAML or JSON",
      "APP_POOL: expected a mapping in YAML or JSON",
    ]);
  });

  test.for([
    ['{"exclusive":{"mux":9}}', "pool.exclusive.mux: is not a known setting; did you mean max?"],
    ['{"exclusive.mux":9}', "pool.exclusive.mux: is not a known setting; did you mean max?"],
    ['{"exclusive":9}', "pool.exclusive: expected object, got 9"],
    ['{"exclusive":{"max":{"x":1}}}', "pool.exclusive.max: expected number, got a mapping"],
    ['{"exclusive":{"max.x":1}}', "pool.exclusive.max: expected number, got a mapping"],
  ] as const)("a section's variable is checked whole beside a file: %s", async ([APP_POOL, fault]) => {
    const file = await folder.file("pool: { exclusive: { max: 4 } }");
    const found = await faultsOf({ file, environment: { APP_POOL } });
    expect(found).toEqual([`${fault} (environment APP_POOL)`]);
  });

  test("a section's variable is stronger than the file, value by value; its dotted keys are short for mappings", async () => {
    const file = await folder.file("pool: { exclusive: { max: 4, maxAgeMs: 7 } }");
    const pool = async (APP_POOL: string): Promise<unknown> =>
      (await app.load({ file, environment: { APP_POOL } })).config.pool;
    expect(await pool('{"exclusive.max":5}')).toEqual({ exclusive: { max: 5, maxAgeMs: 7 } });
    expect(await pool('{"exclusive":{}}')).toEqual({ exclusive: { max: 4, maxAgeMs: 7 } });
    expect(await pool("{}")).toEqual({ exclusive: { max: 4, maxAgeMs: 7 } });
    expect(
      await faultsOf({ environment: { APP_POOL: '{"exclusive":{"max":5},"exclusive.max":6}' } }),
    ).toEqual(["APP_POOL: pool.exclusive.max stands twice"]);
  });

  test("text is read as the kind of its setting", async () => {
    const config = await load({
      APP_WORDS: "a, b",
      APP_LISTEN_IS_OPEN: "true",
      APP_USERS: "[{ name: x }]",
      APP_NAME: "12",
    });
    expect(config).toMatchObject({
      words: ["a", "b"],
      listen: { isOpen: true },
      users: [{ name: "x" }],
      name: "12",
    });
    expect((await load({ APP_WORDS: "*" })).words).toBe("*");
    expect((await load({ APP_WORDS: '["a,b"]' })).words).toEqual(["a,b"]);
    expect((await load({ APP_NAME: "" })).name).toBeUndefined();
  });

  test("a path in a file is relative to the file; a dotted key is short for a mapping", async () => {
    const file = await folder.file(
      "certificate: certs/a.pem\npool.exclusive.max: 4\npool: { exclusive: { maxAgeMs: 9 } }",
    );
    const { config } = await app.load({ file, environment: {} });
    expect(config.certificate).toBe(join(folder.path, "certs/a.pem"));
    expect(config.pool).toEqual({ exclusive: { max: 4, maxAgeMs: 9 } });
  });
});

describe("faults", () => {
  test("of every layer are shown in one go, with what was expected, the value and its place", async () => {
    const file = await folder.file(
      "name: ok\nlisten:\n  port: 70000\n  prot: 1\npool: 5\nusers:\n  - name: x\n    age: -1\n    nmae: y\nmaxAgeMs: 5\n",
    );
    const found = await faultsOf({
      file,
      flags: { timeoutMs: "soon" },
      environment: { APP_WORDS: "[{]", APP_TIMEOUT: "5", OLD_TIMEOUT: "-1", APP_SENTINEL: "maybe" },
      check: ({ config, isFaulty }) => [
        `users: ${config.users.length} are left of those that are ${isFaulty("users") ? "faulty" : "right"}`,
      ],
    });
    expect(found).toEqual([
      "APP_TIMEOUT: is not a known variable; did you mean APP_TIMEOUT_MS?",
      "APP_WORDS: expected YAML or JSON",
      'timeoutMs: expected number, got "soon" (flag --timeout-ms)',
      `listen.port: Too big: expected number to be <=65535, got 70000 (file ${file}:3)`,
      `listen.prot: is not a known setting; did you mean port? (file ${file}:4)`,
      `pool: expected object, got 5 (file ${file}:5)`,
      'sentinel.enabled: expected boolean, got "maybe" (environment APP_SENTINEL)',
      `users[0].age: Too small: expected number to be >=0, got -1 (file ${file}:8)`,
      `users[0].nmae: is not a known setting; did you mean name? (file ${file}:9)`,
      `maxAgeMs: is not a known setting; did you mean pool.exclusive.maxAgeMs? (file ${file}:10)`,
      "users: 0 are left of those that are faulty",
    ]);
  });

  test.for([
    ["a: [", /:1: not YAML or JSON/],
    ["name: a\nname: b\n", /:2: not YAML or JSON \(DUPLICATE_KEY\)/],
    ["pool: { exclusive: { max: 1 } }\npool.exclusive.max: 2", /:2: pool\.exclusive\.max stands twice/],
    ["- 1", /expected a mapping of settings/],
    ["a: *b", /not YAML or JSON/],
    ["a: !secret tok_1", /:1: not YAML or JSON/],
    ["__proto__: { polluted: 1 }", /^__proto__: is not a known setting; the nearest is [a-z]+ \(file .*:1\)/],
  ] as const)("the file %j is refused", async ([content, message]) => {
    const found = await faultsOf({ file: await folder.file(content), environment: {} });
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join("")).not.toContain("tok_1");
  });

  test("of a file that cannot be read do not keep those of the other layers back", async () => {
    const file = join(folder.path, "none.yaml");
    expect(
      await faultsOf({ file, environment: { APP_NAEM: "x" }, check: () => ["what the file has is missing"] }),
    ).toEqual([
      `${file}: the configuration file cannot be read (ENOENT)`,
      "APP_NAEM: is not a known variable; did you mean APP_NAME?",
    ]);
  });

  test("show no secret, wherever it was put", async () => {
    const file = await folder.file(
      "password: [tok_1]\nurl: [tok_1]\ntimeoutMs: tok_1\nname: { x: tok_1 }\nusers: [{ name: [x], age: tok_1 }]\ntok_1: 5\ncertificate: redis://:tok_1@h\n",
    );
    const environment = { APP_LISTEN_PORT: "redis://u:tok_1@h", APP_POOL_EXCLUSIVE_MAX: "tok_1" };
    const found = await faultsOf({ file, environment });
    expect(found).toHaveLength(10);
    expect(found.join("\n")).not.toContain("tok_1");
  });
});

describe("the text of a faulty variable", () => {
  test.for([
    ["OLD_HOST", "hunter2"],
    ["OLD_HOST", "//hunter2@host"],
    ["OLD_TIMEOUT", "default:hunter2@host:6379"],
    ["OLD_TIMEOUT", "host?password=hunter2"],
    ["APP_USERS", "default:hunter2@host:6379"],
    ["APP_LISTEN_PORT", "default:hunter2@host:6379"],
  ] as const)("%s=%s is not shown where it may hold a password", async ([name, value]) => {
    const found = await faultsOf({ environment: { [name]: value } });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
    expect(found[0]).not.toContain("hunter2");
  });

  test("is shown as it was written where it is a number", async () => {
    expect(await faultsOf({ environment: { APP_TIMEOUT_MS: "Infinity" } })).toEqual([
      "timeoutMs: expected number, got Infinity (environment APP_TIMEOUT_MS)",
    ]);
  });
});

test("a list of IPv6 addresses is no YAML", async () => {
  expect((await load({ APP_WORDS: "[::1]:26379,b:26379" })).words).toEqual(["[::1]:26379", "b:26379"]);
  expect((await load({ APP_WORDS: "[::1]:26379,[::2]" })).words).toEqual(["[::1]:26379", "[::2]"]);
  expect((await load({ APP_WORDS: "[a, 'b,c'] " })).words).toEqual(["a", "b,c"]);
});

describe("variables", () => {
  test("that Kubernetes sets for Services are left alone, and said so", async () => {
    const environment = {
      APP_PORT: "tcp://10.0.0.1:80",
      APP_SERVICE_HOST: "10.0.0.1",
      APP_SERVICE_PORT_HTTP: "80",
      APP_LISTEN_PORT: "tcp://10.0.0.2:8080",
      APP_LISTEN_PORT_8080_TCP_ADDR: "10.0.0.2",
      OLD_MASTER_PORT_6379_TCP: "tcp://10.0.0.3:6379",
    };
    const loaded = await app.load({ environment });
    expect(loaded.config.listen.port).toBe(80);
    expect(loaded.remarks).toEqual(
      Object.keys(environment).map((name) => `${name}: ignored, Kubernetes sets it for a Service`),
    );
    expect(printSettings(app.all, loaded)).toContain(
      "\n# APP_PORT: ignored, Kubernetes sets it for a Service\n",
    );
  });

  test("that are unknown are faults, but those of others and those that references lead to", async () => {
    const file = await folder.file("name: env:APP_SECRET_1");
    const environment = {
      APP_SECRET_1: "x",
      APP_SECRET_2: "x",
      APP_SECRET_3: "",
      APP_TEST_X: "1",
      OLD_MAXX: "1",
      OTHER: "1",
      APP_PORT: "8080",
    };
    expect(await faultsOf({ file, environment, referenced: async () => ["APP_SECRET_3"] })).toEqual([
      expect.stringMatching(/^APP_SECRET_2: is not a known variable; the nearest is APP_[A-Z_]+$/),
      "OLD_MAXX: is not a known variable; did you mean OLD_MAX?",
      "APP_PORT: is not a known variable; did you mean APP_LISTEN_PORT?",
    ]);
  });
});

describe("printing", () => {
  test("masks secrets, and shows the defaults of sections that are there", async () => {
    const loaded = await app.load({
      environment: { APP_PASSWORD: "hunter2", APP_URL: "redis://u:hunter2@h/?key=hunter2" },
    });
    const text = printSettings(app.all, loaded);
    expect(text).toContain('password: "***"  # environment APP_PASSWORD\n');
    expect(text).toContain("url: redis://u:***@h/?key=***  # environment APP_URL\n");
    expect(text).toContain("pool.exclusive.maxAgeMs: 300000  # default\n");
    expect(text).toContain("# sentinel.enabled: not set\n# sentinel.masters: not set\n");
    expect(text).not.toContain("hunter2");
    const on = await app.load({ environment: { APP_SENTINEL: "true" } });
    expect(printSettings(app.all, on)).toContain(
      "sentinel.enabled: true  # environment APP_SENTINEL\n# default\nsentinel.masters:\n",
    );
  });

  test("gives a file that says the same", async () => {
    const first = await app.load({
      environment: { APP_PRESET: "large", APP_WORDS: "a,b", APP_USERS: "[{ name: x }]" },
    });
    const again = await app.load({ file: await folder.file(printSettings(app.all, first)), environment: {} });
    expect(printSettings(app.all, again).replaceAll(/#.*/g, "")).toBe(
      printSettings(app.all, first).replaceAll(/#.*/g, ""),
    );
  });
});
