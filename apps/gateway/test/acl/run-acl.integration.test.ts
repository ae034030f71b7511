import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { passwordOf } from "@fleet/isolation/acl";
import { startRedis } from "@fleet/testkit";
import type { RedisServer } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import type { AclAction } from "../../src/acl/acl-commands.ts";
import { aclText } from "../../src/acl/acl-text.ts";
import { projectsOf, runAcl } from "../../src/acl/run-acl.ts";
import { parseCommandLine } from "../../src/cli.ts";
import { loadConfig } from "../../src/config.ts";
import type { Config, TokenConfig } from "../../src/config/config-schema.ts";

const secret = "CANARY-of-this-test";
const environment = { ACL_SECRET: secret, OPERATOR: "CANARY-operator" };
const digest = (letter: string): string => letter.repeat(64);

const asked = (verb: AclAction["verb"], more: Partial<AclAction> = {}): AclAction => ({
  run: "acl",
  verb,
  json: false,
  prune: false,
  defaultOff: false,
  save: false,
  ...more,
});

async function configOf(redis: RedisServer, projects: readonly string[], more: object = {}): Promise<Config> {
  const instances = [{ name: "orders", endpoints: [{ host: redis.host, port: redis.port }], ...more }];
  const tokens = projects.map((project, index) => ({
    name: `t${index}`,
    digest: digest(String(index)),
    rights: "full",
    targets: ["orders"],
    project,
  }));
  const { config } = await loadConfig({
    environment: {
      ...environment,
      FLEET_INSTANCES: JSON.stringify(instances),
      FLEET_TOKENS: JSON.stringify(tokens),
      FLEET_ACL_SECRET: "env:ACL_SECRET",
    },
    serves: false,
  });
  return config;
}

describe("the users of projects, by command", () => {
  test("are planned, made and found as they should be; nothing that is printed is a secret", async () => {
    await using redis = await startRedis();
    const config = await configOf(redis, ["shop", "blog"]);
    const where = `orders ${redis.host}:${redis.port}, as default; users are gone after a restart, until the gateway makes them again`;
    const plan = await runAcl(asked("plan"), config, environment);
    expect(plan.ok).toBe(true);
    expect(aclText(plan.servers)).toBe(`${where}\n  create fleet-blog\n  create fleet-shop\n`);
    expect(await redis.call("ACL", "USERS")).toEqual(["default"]);
    expect((await runAcl(asked("verify"), config, environment)).ok).toBe(false);
    const applied = await runAcl(asked("apply"), config, environment);
    expect(aclText(applied.servers)).toBe(`${where}\n  created fleet-blog\n  created fleet-shop\n`);
    const verified = await runAcl(asked("verify"), config, environment);
    expect(verified.ok).toBe(true);
    expect(aclText(verified.servers)).toBe(`${where}\n  nothing to do\n`);
    const printed = JSON.stringify([plan, applied, verified]);
    expect(printed).not.toContain("CANARY");
    expect(printed).not.toContain(passwordOf("shop", secret));
    expect(printed).not.toContain("#");
  });

  test("of projects without a token are deleted by --prune only", async () => {
    await using redis = await startRedis();
    await runAcl(asked("apply"), await configOf(redis, ["shop", "blog"]), environment);
    const config = await configOf(redis, ["shop"]);
    expect((await runAcl(asked("verify"), config, environment)).ok).toBe(true);
    const pruned = await runAcl(asked("apply", { prune: true }), config, environment);
    expect(aclText(pruned.servers)).toContain("\n  deleted fleet-blog\n");
    expect(await redis.call("ACL", "USERS")).toHaveLength(2);
  });

  test("default is switched off by a gateway with a user of its own", async () => {
    await using redis = await startRedis({
      acl: ["user operator on >CANARY-operator ~* &* +@all", "user default on nopass ~* &* +@all"],
    });
    const credentials = { username: "operator", password: "env:OPERATOR" };
    const config = await configOf(redis, ["shop"], { credentials });
    const own = await configOf(redis, ["shop"]);
    const refused = await runAcl(asked("apply", { defaultOff: true }), own, environment);
    expect(refused.servers[0]?.error).toMatchObject({ code: "FLEET_ISOLATION_ACL_FORBIDDEN" });
    const done = await runAcl(asked("apply", { defaultOff: true }), config, environment);
    expect(done.ok).toBe(true);
    expect(aclText(done.servers)).toContain("switched off default: ");
    const verified = await runAcl(asked("verify", { defaultOff: true }), config, environment);
    expect(verified).toMatchObject({ ok: true });
  });

  test("are kept in an aclfile by --save, and a file that cannot be written is said to be one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fleet-acl-"));
    const file = join(folder, "users.acl");
    await writeFile(file, "");
    await using redis = await startRedis({ config: { aclfile: file } });
    const config = await configOf(redis, ["shop"]);
    const saved = await runAcl(asked("apply", { save: true }), config, environment);
    expect(aclText(saved.servers)).toContain(`users are kept in ${file} only after ACL SAVE (--save)`);
    expect(await readFile(file, "utf8")).toContain("user fleet-shop on");
    await rm(folder, { recursive: true });
    const { servers, ok } = await runAcl(asked("apply", { save: true }), config, environment);
    expect(ok).toBe(false);
    expect(servers[0]?.error).toMatchObject({ code: "FLEET_ISOLATION_ACL_NOT_SAVED" });
    expect((await runAcl(asked("verify"), config, environment)).ok).toBe(true);
  });

  test("a server that is away is said to be", async () => {
    const redis = await startRedis();
    const config = await configOf(redis, ["shop"]);
    await redis.close();
    const { servers, ok } = await runAcl(asked("plan"), config, environment);
    expect(ok).toBe(false);
    expect(aclText(servers)).toMatch(/^orders .*\n {2}failed \(FLEET_POOL_/);
  });

  test("want a secret", async () => {
    await using redis = await startRedis();
    const { acl, ...config } = await configOf(redis, ["shop"]);
    const without = { ...config, acl: { ...acl, secret: undefined } };
    await expect(runAcl(asked("plan"), without, environment)).rejects.toMatchObject({
      code: "FLEET_GATEWAY_CONFIGURATION",
    });
  });
});

test.for<[string[], Partial<AclAction>]>([
  [["acl", "plan"], asked("plan")],
  [["acl", "apply", "--prune", "--save"], asked("apply", { prune: true, save: true })],
  [["acl", "verify", "--default-off", "--json"], asked("verify", { defaultOff: true, json: true })],
])("%j is understood", ([args, action]) => {
  const screen = { out: () => undefined, error: () => undefined };
  expect(parseCommandLine(args, "1", screen)).toMatchObject(action);
});

test("an instance has the projects of the tokens that lead to it", () => {
  const token = (targets: TokenConfig["targets"], project?: string): TokenConfig => ({
    name: "t",
    digest: digest("a"),
    rights: "full",
    targets,
    project,
  });
  const tokens = [
    token("*", "all"),
    token(["orders"], "one"),
    token(["shard"], "group"),
    token(["other"], "no"),
    token("*"),
  ];
  expect(projectsOf(tokens, { name: "orders", group: "shard" })).toEqual(["all", "group", "one"]);
});
