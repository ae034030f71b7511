import {
  count,
  func,
  listOf,
  ms,
  oneOf,
  record,
  required,
  type Rules,
  secret,
  text,
  withDefault,
} from "@fleet/options";
import { expect, test } from "vitest";
import { z } from "zod";

import { objectFromRules, Settings, settingsFromRules } from "../src/index.ts";

const rules: Rules = {
  name: required(text),
  max: withDefault(8, count(1)),
  names: listOf("names", (one) => one !== ""),
  mode: withDefault("a", oneOf("a", "b")),
  password: secret(text),
  random: func,
  lane: record({ timeoutMs: withDefault(500, ms()), decided: text }),
};
const from = { except: ["lane.decided"], of: "pool.", meta: { max: { description: "most", default: 4 } } };
const app = new Settings<unknown>({
  schema: z.strictObject({ pool: z.strictObject(settingsFromRules(rules, from)).prefault({}) }),
  prefix: "APP_",
  failed: (faults) => new Error(faults.join("\n")),
});

test("each option that can be written is a setting, with its default and what it must be", () => {
  expect(
    app.all.map(({ path, env, kind, default: initial, expected }) => [path, env, kind, initial, expected]),
  ).toEqual([
    ["pool.name", "APP_POOL_NAME", "text", undefined, "a non-empty string"],
    ["pool.max", "APP_POOL_MAX", "number", 4, "a whole number of at least 1"],
    ["pool.names", "APP_POOL_NAMES", "list", undefined, "a list of names"],
    ["pool.mode", "APP_POOL_MODE", "text", "a", '"a" or "b"'],
    ["pool.password", "APP_POOL_PASSWORD", "text", undefined, "a non-empty string"],
    ["pool.lane.timeoutMs", "APP_POOL_LANE_TIMEOUT_MS", "number", 500, "milliseconds from 1 to 2147483647"],
  ]);
  expect(app.all.map(({ flag, description }) => [flag, description])).toContainEqual([
    "--pool-max <number>",
    "most",
  ]);
  expect(app.all.find(({ path }) => path === "pool.password")?.flag).toBeUndefined();
});

test("a value that the rule refuses is a fault in the rule's words", async () => {
  const environment = {
    APP_POOL_NAME: "x",
    APP_POOL_MAX: "0",
    APP_POOL_LANE_TIMEOUT_MS: "soon",
    APP_POOL_MODE: "c",
  };
  await expect(app.load({ environment })).rejects.toThrow(
    [
      "pool.max: expected a whole number of at least 1, got 0 (environment APP_POOL_MAX)",
      'pool.mode: expected "a" or "b", got "c" (environment APP_POOL_MODE)',
      'pool.lane.timeoutMs: expected milliseconds from 1 to 2147483647, got "soon" (environment APP_POOL_LANE_TIMEOUT_MS)',
    ].join("\n"),
  );
  await expect(app.load({ environment: {} })).rejects.toThrow(
    /^pool\.name: expected a non-empty string, got nothing$/,
  );
});

test("options within one value are checked by the same rules", () => {
  const value = objectFromRules(rules, ["name", "lane.decided"]);
  expect(value.safeParse({ max: 2, lane: { timeoutMs: 5 } }).success).toBe(true);
  expect(value.safeParse({}).success).toBe(true);
  for (const wrong of [
    { max: 0 },
    { lane: { timeoutMs: "5" } },
    { lane: { decided: "x" } },
    { random: 1 },
    { name: "x" },
  ])
    expect(value.safeParse(wrong).success).toBe(false);
});
