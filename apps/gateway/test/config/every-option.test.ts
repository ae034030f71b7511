import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fleetRules, overrideRules, policies } from "@fleet/client";
import { dnsRules, fileRules, kubernetesRules, sentinelRules } from "@fleet/discovery";
import { apiServerRules, secretsRules } from "@fleet/discovery/kubernetes";
import type { Rule, Rules } from "@fleet/options";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseCommandLine } from "../../src/cli.ts";
import { loadConfig } from "../../src/config.ts";
import { settings } from "../../src/config/config-schema.ts";
import { fleetOptionsIn } from "../../src/config/fleet-schema.ts";

/** An option of a package, and the setting of the gateway that it should be. */
interface Option {
  readonly path: string;
  readonly rule: Rule;
}

/** Every option that can be written as text, those in options too. */
function optionsIn(rules: Rules, section: string): readonly Option[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const path = section + name;
    if (rule.options !== undefined) return optionsIn(rule.options, `${path}.`);
    return rule.kind === "object" ? [] : [{ path, rule }];
  });
}

/** Options that the gateway makes of settings with other names, or decides. */
const elsewhere = new Set([
  "sources", // kubernetes, sentinel, dns, instancesFile
  "waitsForSources", // its ports open without them
  "file.path", // instancesFile
]);

const options: readonly Option[] = [
  ...optionsIn(fleetRules, ""),
  ...optionsIn(fileRules, "file."),
  ...optionsIn(kubernetesRules, "kubernetes."),
  ...optionsIn(apiServerRules, "kubernetes."),
  ...optionsIn(secretsRules, "").map(({ path, rule }) => ({
    path: `kubernetes.secrets${path[0]!.toUpperCase()}${path.slice(1)}`,
    rule,
  })),
  ...optionsIn(sentinelRules, "sentinel."),
  ...optionsIn(dnsRules, "dns."),
].filter(({ path }) => !elsewhere.has(path));

/** Another number than the default, which the rule takes and which goes with the defaults of the others. */
function numberFor({ path, rule }: Option): number | undefined {
  const small = /[mM]in|openMs$/.test(path);
  return (small ? [7, 0.75] : [4321, 7, 0.75, 1, 0]).find(
    (value) => value !== rule.default && rule.fits(value),
  );
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-every-option-"));
});
afterAll(() => rm(folder, { recursive: true }));

const enough = {
  FLEET_INSTANCES: JSON.stringify([{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 6379 }] }]),
};
const valueAt = (config: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], config);

describe("every option that can be written", () => {
  test("is a setting", () => {
    const paths = new Set(settings.map(({ path }) => path));
    expect(options.filter(({ path }) => !paths.has(path)).map(({ path }) => path)).toEqual([]);
    expect(options.length).toBeGreaterThan(50);
  });

  const numbers = options.filter(
    ({ rule, path }) => rule.kind === "number" && !/^(?:dns|file|kubernetes|sentinel)/.test(path),
  );
  test.for(numbers)("$path: by file, variable and flag", async (option) => {
    const { path } = option;
    const value = numberFor(option)!;
    const { env, flag } = settings.find((one) => one.path === path)!;
    const file = join(folder, `${path}.json`);
    await writeFile(file, JSON.stringify({ [path]: value }));
    const screen = { out: () => undefined, error: () => undefined };
    const action = parseCommandLine([flag!.split(" ")[0]!, String(value)], "1", screen);
    const flags = action.run === "serve" ? action.flags : {};
    for (const given of [
      { file, environment: enough },
      { environment: { ...enough, [env]: String(value) } },
      { environment: enough, flags },
    ]) {
      const { config } = await loadConfig({ ...given, serves: false });
      // Those of `acl` are the fleet's once there is a secret to make passwords of.
      expect(valueAt({ ...fleetOptionsIn(config), acl: config.acl }, path)).toBe(value);
    }
  });

  test("of an instance is an override", async () => {
    for (const option of optionsIn(overrideRules, "")) {
      const value = option.rule.kind === "number" ? numberFor(option) : "tick";
      const own = option.path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      const environment = { ...enough, FLEET_OVERRIDES: JSON.stringify({ orders: own }) };
      const { config } = await loadConfig({ environment, serves: false });
      expect(valueAt(fleetOptionsIn(config).overrides?.["orders"], option.path)).toBe(value);
    }
  });

  test("of the router is a strategy by its name", async () => {
    for (const policy of Object.keys(policies)) {
      const { config } = await loadConfig({ flags: { policy }, environment: enough, serves: false });
      expect(fleetOptionsIn(config).policy?.name).toBe(policy);
    }
  });
});
