import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { parseConfig, settings } from "../src/config/config-schema.ts";
import { statusByCode } from "../src/errors.ts";

// Tables are padded for the eye.
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(/ {2,}/g, " ");
const cell = (text: string | undefined): string => (text === undefined ? "-" : `\`${text}\``);

describe("the README", () => {
  test("has every setting with its variable, flag, default and meaning", () => {
    const parsed = parseConfig({});
    const config = ("config" in parsed ? parsed.config : {}) as Readonly<Record<string, unknown>>;
    for (const { path, env, flag, kind, description } of settings) {
      const value = path
        .split(".")
        .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], config);
      const initial =
        kind === "structure" || value === undefined ? undefined : JSON.stringify(value).replaceAll('"', "");
      const name = flag?.split(" ")[0];
      expect(readme).toContain(
        `| ${cell(path)} | ${cell(env)} | ${cell(name)} | ${cell(initial)} | ${description} |\n`,
      );
    }
  });

  test("has every code of the gateway", () => {
    for (const code of Object.keys(statusByCode).filter((one) => one.startsWith("FLEET_GATEWAY_")))
      expect(readme).toContain(`| \`${code}\` |`);
  });

  test("has every status that the table knows", () => {
    for (const status of new Set(Object.values(statusByCode)))
      expect(readme).toMatch(status === 500 ? /is 500/ : new RegExp(`^\\| (?:\\d+, )*${status}\\b`, "m"));
  });
});
