import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { gatewayVariable } from "@fleet/settings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { loadConfig, printConfig } from "../src/config.ts";
import { gatewaySettings, settings } from "../src/config/config-schema.ts";
import { ConfigurationError } from "../src/errors.ts";
import { createToken } from "../src/token-secret.ts";

const digest = hash("sha256", "correct-horse-battery");
const instances = [{ name: "orders", group: "shop", endpoints: [{ host: "127.0.0.1", port: 6379 }] }];
const tokens = [{ name: "web", digest, rights: "full", targets: ["orders"], dedicated: true }];
const enough = { FLEET_INSTANCES: JSON.stringify(instances), FLEET_TOKENS: JSON.stringify(tokens) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: unknown): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.yaml`);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function faults(options: Parameters<typeof loadConfig>[0]): Promise<readonly string[]> {
  const error: unknown = await loadConfig(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).faults;
}

describe("a value comes from the strongest that has it", () => {
  test("flag, environment, file, default", async () => {
    const path = await file({
      instances,
      tokens,
      listen: { host: "0.0.0.0", port: 1001 },
      timeoutMs: 1001,
      log: { level: "warn" },
    });
    const { config, sources } = await loadConfig({
      file: path,
      flags: { "listen.port": "1003" },
      environment: { FLEET_LISTEN_PORT: "1002", FLEET_TIMEOUT_MS: "1002", FLEET_RETRIES: "" },
    });
    expect(config).toMatchObject({
      listen: { host: "0.0.0.0", port: 1003 },
      timeoutMs: 1002,
      retries: 2,
      log: { level: "warn" },
      adminListen: { host: "127.0.0.1", port: 8081 },
    });
    expect(Object.fromEntries(sources)).toMatchObject({
      "listen.host": `file ${path}`,
      "listen.port": "flag --listen-port",
      timeoutMs: "environment FLEET_TIMEOUT_MS",
      retries: "default",
    });
  });

  test("YAML is read, from the file that the environment names", async () => {
    const path = await file(`
instances:
  - name: orders
    endpoints: [{ host: 127.0.0.1, port: 6379 }]
tokens:
  - { name: web, digest: ${digest}, rights: read-only, targets: "*", project: shop }
`);
    const { config } = await loadConfig({ environment: { FLEET_CONFIG: path } });
    expect(config.tokens).toEqual([
      { name: "web", digest, rights: "read-only", targets: "*", project: "shop" },
    ]);
  });

  test("no file is needed", async () => {
    const { config } = await loadConfig({ environment: enough });
    expect(config.instances).toEqual(instances);
  });

  test("what Kubernetes sets for a Service of the same name disturbs nothing", async () => {
    const environment = { ...enough, FLEET_PORT: "tcp://10.0.0.1:80", FLEET_SERVICE_HOST: "10.0.0.1" };
    expect((await loadConfig({ environment })).config.listen.port).toBe(8080);
  });

  test("a relative path in a file is meant from where the file lies, in a flag from where one stands", async () => {
    await writeFile(join(folder, "instances.yaml"), "instances: []");
    const path = await file({ tokens, instancesFile: "instances.yaml" });
    expect((await loadConfig({ file: path, environment: {} })).config.instancesFile).toBe(
      join(folder, "instances.yaml"),
    );
    expect(await faults({ file: path, flags: { instancesFile: "not/there.yaml" }, environment: {} })).toEqual(
      ["instancesFile: not/there.yaml cannot be read (ENOENT)"],
    );
  });
});

describe("a wrong value is refused with one line a fault", () => {
  test("that says where, what was expected, what stands there and who said so", async () => {
    const path = await file({ instances, tokens, listen: { port: 70_000 }, retries: "many", colour: "red" });
    const environment = { FLEET_TIMEOUT_MS: "soon", FLEET_LOG_LEVEL: "loud" };
    const found = await faults({ file: path, flags: { graceMs: "-1" }, environment });
    expect(found).toHaveLength(6);
    const text = found.join("\n");
    expect(text).toMatch(/^listen\.port: .*<=65535, got 70000 \(file .*\)$/m);
    expect(text).toMatch(/^retries: .*expected number.*, got "many" \(file .*\)$/m);
    expect(text).toMatch(/^timeoutMs: .*, got "soon" \(environment FLEET_TIMEOUT_MS\)$/m);
    expect(text).toMatch(/^log\.level: .*"info".*, got "loud" \(environment FLEET_LOG_LEVEL\)$/m);
    expect(text).toMatch(/^graceMs: .*, got -1 \(flag --grace-ms\)$/m);
    expect(text).toMatch(/^colour: is not a known setting; the nearest is \w+ \(file .*:1\)$/m);
  });

  test.for([
    ["listen: [", /:1: not YAML or JSON/],
    ["a: 1\nb: : :\n", /:2: not YAML or JSON/],
    ["- 1", /expected a mapping/],
  ] as const)("%j is no configuration", async ([content, message]) => {
    const [fault] = await faults({ file: await file(content), environment: enough });
    expect(fault).toMatch(message);
  });

  test("a file that cannot be read is named", async () => {
    expect(await faults({ file: join(folder, "none.yaml"), environment: enough })).toEqual([
      `${join(folder, "none.yaml")}: the configuration file cannot be read (ENOENT)`,
    ]);
  });

  test("a variable that is no YAML is named", async () => {
    expect(await faults({ environment: { ...enough, FLEET_TOKENS: "[{" } })).toEqual([
      "FLEET_TOKENS: expected YAML or JSON",
    ]);
  });
});

test("every variable is known to the worker as the gateway's, and no other is", () => {
  const own = gatewaySettings.variables.filter((name) => name.startsWith("FLEET_"));
  expect(own.filter((name) => !gatewayVariable.test(name))).toEqual([]);
  for (const name of ["FLEET_ATTEMPTS", "FLEET_TIMEOUT", "FLEET_POOLS", "FLEET_WORKR_ATTEMPTS"])
    expect(gatewayVariable.test(name)).toBe(false);
});

describe("values that contradict each other are refused", () => {
  const withTokens = (...list: object[]): Parameters<typeof loadConfig>[0] => ({
    environment: { ...enough, FLEET_TOKENS: JSON.stringify(list) },
  });

  test("nothing at all", async () => {
    const found = await faults({ environment: {} });
    expect(found).toEqual([
      "instances: there are none; give `instances`, `instancesFile`, `kubernetes`, `sentinel` or `dns`",
      "tokens: there are none; a gateway without tokens would be open to everybody and does not start",
    ]);
  });

  test("one port for both", async () => {
    const environment = {
      ...enough,
      FLEET_LISTEN_PORT: "8081",
      FLEET_TIMEOUT_MS: "120000",
    };
    const found = await faults({ environment });
    expect(found.join("\n")).toMatch(/^idleSocketTimeoutMs: 120000 would cut/m);
    expect(found.join("\n")).toMatch(/^adminListen\.port: 8081 is the data port too/m);
  });

  test("what is said of one instance", async () => {
    const overrides = (value: object): Promise<readonly string[]> =>
      faults({ environment: { ...enough, FLEET_OVERRIDES: JSON.stringify(value) } });
    expect(await overrides({ orders: { timeoutMs: 120_000 } })).toEqual([
      "idleSocketTimeoutMs: 120000 would cut a client off that waits for a call of overrides.orders.timeoutMs: 120000",
    ]);
    // A group has no options of its own.
    for (const name of ["order", "shop"])
      expect(await overrides({ [name]: { timeoutMs: 5 } })).toEqual([
        `overrides.${name}: is no instance; there are orders`,
      ]);
    const FLEET_OVERRIDES = "{ order: { timeoutMs: 5 } }";
    const environment = { ...enough, FLEET_OVERRIDES, FLEET_DNS_INSTANCES: '[{ name: order, host: "h" }]' };
    expect((await loadConfig({ environment })).config.overrides).toHaveProperty("order");
  });

  test("REDIS_URL beside other instances", async () => {
    const REDIS_URL = "redis://:CANARY@h";
    const FLEET_TOKENS = JSON.stringify([{ ...tokens[0], targets: "*" }]);
    const path = await file({ instances });
    expect(await faults({ file: path, environment: { FLEET_TOKENS, REDIS_URL } })).toEqual([
      `REDIS_URL: instances stands in the file ${path} too, and neither wins; leave one of them out`,
    ]);
    const dns = await file({ dns: { instances: [{ name: "carts", host: "h" }] } });
    expect(await faults({ file: dns, environment: { FLEET_TOKENS, REDIS_URL } })).toEqual([
      "REDIS_URL: dns is given too, and neither wins; leave one of them out",
    ]);
  });

  test("tokens", async () => {
    const other = hash("sha256", "another-token-altogether");
    const owner = { name: "a", digest, rights: "full", targets: ["orders"], dedicated: true };
    expect(await faults(withTokens({ ...owner, targets: undefined }))).toEqual([
      'tokens[0].targets: there are none; name instances and groups, or "*"',
    ]);
    expect(await faults(withTokens({ ...owner, defaultTarget: "shop" }))).toEqual([
      'tokens[0].defaultTarget: "shop" is not among its targets',
    ]);
    expect(await faults(withTokens({ ...owner, targets: ["order"] }))).toEqual([
      'tokens[0]: "order" is no instance or group; there are orders, shop',
    ]);
    expect(await faults(withTokens({ name: "a", digest, rights: "admin", targets: "*" }))).toEqual([
      "tokens[0]: an admin token opens the admin port only; it has no targets, defaultTarget, project, dedicated, allows or origins",
    ]);
    expect(await faults(withTokens({ ...owner, origins: ["*"] }))).toEqual([
      'tokens[0].origins: "*" is for read-only tokens; a full token is for pages that are named',
    ]);
    expect(await faults(withTokens({ ...owner, origins: ["shop.example/"] }))).toEqual([
      expect.stringMatching(/^tokens\[0\]\.origins\[0\]: .*expected an origin as browsers send it/),
    ]);
    expect(await faults(withTokens({ ...owner, dedicated: undefined }))).toEqual([
      "tokens[0].project: is missing; say `project: <id>`, or `dedicated: true` for a token that sees and changes all keys of its targets",
    ]);
    expect(await faults(withTokens({ ...owner, project: "shop" }))).toEqual([
      "tokens[0].dedicated: a token has a project or owns its targets, not both",
    ]);
    expect(await faults(withTokens({ ...owner, dedicated: false }))).toEqual([
      expect.stringMatching(/^tokens\[0\]\.dedicated: .*expected true/),
    ]);
    expect(await faults(withTokens({ ...owner, allows: ["scripts"] }))).toEqual([
      "tokens[0].allows: is for read-only tokens; a full token may run every script and look at all keys",
    ]);
    const reader = { ...owner, rights: "read-only", dedicated: undefined, project: "shop" };
    expect(await faults(withTokens({ ...reader, allows: ["server"] }))).toEqual([
      'tokens[0].allows: "server" has no effect within a project, where nothing of the server is shown',
    ]);
    const { config } = await loadConfig(withTokens({ ...owner, rights: "read-only", allows: ["scripts"] }));
    expect(config.tokens).toMatchObject([{ allows: ["scripts"] }]);
    expect(await faults(withTokens(...tokens, { ...tokens[0], digest: other }))).toEqual([
      "tokens[1].name: is the same as of tokens[0]",
    ]);
    expect(
      await faults(withTokens(...tokens, { ...tokens[0], name: "b", digest: digest.toUpperCase() })),
    ).toEqual(["tokens[1].digest: is the same as of tokens[0]"]);
  });

  test("instances, with discovery's own lines", async () => {
    const wrong = [
      { name: "Orders", endpoints: [] },
      { name: "b", endpoints: [{ host: "h", port: 0 }] },
    ];
    const found = await faults({ environment: { ...enough, FLEET_INSTANCES: JSON.stringify(wrong) } });
    expect(found).toHaveLength(3);
    expect(found.join("\n")).toMatch(
      /^instances\[0\]\.name: .*\ninstances\[0\]\.endpoints.*\ninstances\[1\]\.endpoints\[0\]\.port: /,
    );
  });

  test("references to secrets that are not there", async () => {
    const at = (password: string): object => ({ ...instances[0], credentials: { password } });
    const missing = [
      at("env:ABSENT"),
      { ...at(`file:${join(folder, "absent")}`), name: "b", endpoints: [{ host: "h", port: 1 }] },
    ];
    expect(await faults({ environment: { ...enough, FLEET_INSTANCES: JSON.stringify(missing) } })).toEqual([
      "instances[0].credentials.password: env:ABSENT is not set or empty",
      `instances[1].credentials.password: file:${join(folder, "absent")} does not exist or is empty`,
    ]);
  });
});

describe("sources of instances", () => {
  const from = (content: object): Promise<readonly string[]> =>
    file({ tokens, ...content }).then((path) => faults({ file: path, environment: {} }));

  test("may be several at once, and then nobody knows all names beforehand", async () => {
    await writeFile(join(folder, "more.yaml"), "instances: []");
    const others = [{ ...tokens[0], targets: ["known-to-the-file"] }];
    const path = await file({ instances, instancesFile: "more.yaml", tokens: others });
    await expect(loadConfig({ file: path, environment: {} })).resolves.toMatchObject({
      config: { instances },
    });
  });

  test("that find no gateway need no tokens", async () => {
    await expect(
      loadConfig({ environment: { FLEET_INSTANCES: enough.FLEET_INSTANCES }, serves: false }),
    ).resolves.toMatchObject({ config: { tokens: [] } });
  });

  test("Kubernetes, from flag, environment and file, and off again", async () => {
    const path = await file({ tokens, kubernetes: { namespaces: ["shop"], resyncMs: 5000 } });
    const environment = {
      FLEET_KUBERNETES_NAMESPACES: "a, b",
      FLEET_KUBERNETES_PROFILES: "app-redis,bitnami-redis",
    };
    const { config, sources } = await loadConfig({ file: path, environment });
    expect(config.kubernetes).toEqual({
      enabled: true,
      namespaces: ["a", "b"],
      profiles: ["app-redis", "bitnami-redis"],
      resyncMs: 5000,
    });
    expect(sources.get("kubernetes.namespaces")).toBe("environment FLEET_KUBERNETES_NAMESPACES");
    const flags = { "kubernetes.namespaces": "*" };
    expect((await loadConfig({ file: path, flags, environment })).config.kubernetes?.namespaces).toBe("*");
    const off = { ...enough, FLEET_KUBERNETES: "false" };
    expect((await loadConfig({ file: path, environment: off })).config.kubernetes?.enabled).toBe(false);
    const bare = { FLEET_TOKENS: enough.FLEET_TOKENS };
    expect(
      (await loadConfig({ flags: { "kubernetes.enabled": "true" }, environment: bare })).config.kubernetes,
    ).toEqual({ enabled: true });
    expect(
      (await loadConfig({ file: await file({ tokens, kubernetes: {} }), environment: {} })).config.kubernetes,
    ).toEqual({ enabled: true });
  });

  test("what Kubernetes sets for Services called fleet and fleet-kubernetes disturbs nothing", async () => {
    const environment = {
      ...enough,
      FLEET_KUBERNETES_PORT: "tcp://10.0.0.1:80",
      FLEET_KUBERNETES_SERVICE_HOST: "10.0.0.1",
      FLEET_KUBERNETES_SERVICE_PORT: "80",
      FLEET_KUBERNETES_PORT_80_TCP_ADDR: "10.0.0.1",
    };
    expect((await loadConfig({ environment })).config.kubernetes).toBeUndefined();
  });

  test("a kubeconfig in the file is meant from where that lies", async () => {
    const path = await file({ tokens, kubernetes: { kubeconfig: "kube/config" } });
    expect((await loadConfig({ file: path, environment: {} })).config.kubernetes?.kubeconfig).toBe(
      join(folder, "kube/config"),
    );
  });

  test("and every fault of them is a line", async () => {
    const kubernetes = {
      namespaces: ["Shop"],
      names: "anyhow",
      resyncMs: 1,
      password: "CANARY",
      color: "red",
      defaultCredentials: { password: "CANARY" },
    };
    const found = (await from({ kubernetes, sentinel: {}, dns: { instances: [] } })).join("\n");
    expect(found).toMatch(/^kubernetes\.namespaces\[0\]: expected the name of a namespace, got "Shop"/m);
    expect(found).toMatch(/^kubernetes\.names: .*"instance".*, got "anyhow"/m);
    expect(found).toMatch(/^kubernetes\.resyncMs: .*, got 1 \(file/m);
    expect(found).toMatch(/^kubernetes\.color: is not a known setting/m);
    expect(found).toMatch(/^kubernetes\.password: .*no secret has its place in the configuration/m);
    expect(found).toMatch(
      /^kubernetes\.defaultCredentials\.password: expected env:NAME or file:\/path, never the password itself, got a value that is not shown/m,
    );
    expect(found).toMatch(/^sentinel\.sentinels: /m);
    expect(found).toMatch(/^dns\.instances: /m);
    expect(found).not.toContain("CANARY");
  });

  test("with those that only discovery finds", async () => {
    const found = await from({
      sentinel: { sentinels: [{ host: "169.254.169.254" }], credentials: { password: "CANARY" } },
      dns: { instances: [{ name: "Orders", host: "orders.example" }] },
      addressMap: { "10.20.0.5": "127.0.0.1:7001" },
      kubernetes: { profiles: ["nobodys"] },
    });
    const text = found.join("\n");
    expect(text).toMatch(/^addressMap must be addresses as in /m);
    expect(text).toMatch(/^kubernetes\.profiles/m);
    expect(text).toMatch(/^sentinel\.sentinels\[0\]\.host must be a host name/m);
    expect(text).toMatch(/^dns\.instances\[0\]\.name: must be a DNS label/m);
    expect(text).not.toContain("CANARY");
  });

  test("and references that lead nowhere", async () => {
    expect(
      await from({
        instances: [
          { ...instances[0], credentials: { password: "secret:a/b/c" } },
          { ...instances[0], name: "b", credentials: { password: ["env:ABSENT", "env:ABSENT_TOO"] } },
        ],
        sentinel: {
          sentinels: [{ host: "h" }],
          login: { password: "env:ABSENT" },
          credentials: { password: "env:ABSENT_TOO" },
        },
        kubernetes: { enabled: false, defaultCredentials: { password: "file:/absent" } },
      }),
    ).toEqual([
      "instances[0].credentials.password: secret:a/b/c is in Kubernetes, and `kubernetes` is not configured",
      "kubernetes.defaultCredentials.password: file:/absent does not exist or is empty",
      "sentinel.credentials.password: env:ABSENT_TOO is not set or empty",
      "sentinel.login.password: env:ABSENT is not set or empty",
    ]);
  });
});

describe("a secret is never shown", () => {
  const canary = "CANARY-9f3b-secret-token";
  const { token } = createToken();

  test.for([
    ["digest", { name: "a", digest: token }, /this is the token itself/],
    ["digest", { name: "a", digest: `Bearer ${token}` }, /this is the token itself/],
    ["name", { name: token, digest }, /this is a token/],
    ["defaultTarget", { name: "a", digest, defaultTarget: token }, /this is a token/],
  ] as const)("a token that was pasted as its %s is recognised", async ([field, given, expected]) => {
    const content = { instances, tokens: [{ rights: "full", targets: ["orders"], ...given }] };
    const found = await faults({ file: await file(content), environment: {} });
    expect(found).toEqual([expect.stringMatching(expected)]);
    expect(found[0]).toContain(`tokens[0].${field}: `);
    expect(found[0]).not.toContain(token);
  });

  test.for([
    ["a token as such", { tokens: [{ name: "a", token: canary, rights: "full", targets: "*" }] }],
    [
      "a token where its digest belongs",
      { tokens: [{ name: "a", digest: canary, rights: "full", targets: "*" }] },
    ],
    ["a token as a name", { tokens: [{ name: `x ${canary}`, digest, rights: "full", targets: "*" }] }],
    ["a list of tokens", { tokens: [canary] }],
    ["a password as such", { instances: [{ ...instances[0], credentials: { password: canary } }] }],
    ["a connection string", { instances: [{ ...instances[0], url: `redis://:${canary}@h:1` }] }],
    ["a line that is no YAML", `tokens:\n  - ${canary}\n  digest: "x\n`],
    ["a connection string as host", { listen: { host: 1 }, instancesFile: `redis://:${canary}@h` }],
  ] as const)("%s", async ([, content]) => {
    const found = await faults({
      file: await file(typeof content === "string" ? content : { instances, tokens, ...content }),
      environment: {},
    });
    expect(found.length).toBeGreaterThan(0);
    expect(found.join("\n")).not.toContain(canary);
  });

  test("a literal token is refused with how to do it right", async () => {
    const content = { instances, tokens: [{ name: "a", token: canary, rights: "full", targets: "*" }] };
    expect((await faults({ file: await file(content), environment: {} })).join("\n")).toMatch(
      /^tokens\[0\]\.token: .*fleet-gateway digest/m,
    );
  });

  test("nor by --print-config, which shows where each value came from", async () => {
    const secret = { ...instances[0], credentials: { username: "app", password: "env:ORDERS_PASSWORD" } };
    const loaded = await loadConfig({
      flags: { "listen.port": "1234" },
      environment: { ...enough, FLEET_INSTANCES: JSON.stringify([secret]), ORDERS_PASSWORD: canary },
    });
    const printed = printConfig(loaded);
    expect(printed).not.toContain(canary);
    expect(printed).not.toContain(digest);
    expect(printed).toContain("listen.port: 1234  # flag --listen-port\n");
    expect(printed).toContain("timeoutMs: 3000  # default\n");
    expect(printed).toContain("# environment FLEET_TOKENS\ntokens:\n");
    expect(printed).toContain("env:ORDERS_PASSWORD");
    for (const { path } of settings) expect(printed).toMatch(new RegExp(`^(?:# )?${path}:`, "m"));
  });
});
