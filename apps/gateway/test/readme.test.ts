import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { settings } from "../src/config/config-schema.ts";
import { statusByCode } from "../src/errors.ts";

// Tables are padded for the eye.
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(/ {2,}/g, " ");
const http = readFileSync(new URL("../../../docs/reference/http.md", import.meta.url), "utf8");
const cell = (text: string | undefined): string => (text === undefined ? "-" : `\`${text}\``);

describe("the README", () => {
  test("says the truth about each setting that it names", () => {
    const rows = readme.split("\n").filter((line) => /^\| `[^`]+` \| `FLEET_/.test(line));
    const known = new Set(
      settings.map(({ path, env, flag, kind, default: initial, description }) => {
        const shown =
          kind === "structure" || initial === undefined
            ? undefined
            : JSON.stringify(initial).replaceAll('"', "");
        const name = flag?.split(" ")[0];
        return `| ${cell(path)} | ${cell(env)} | ${cell(name)} | ${cell(shown)} | ${description} |`;
      }),
    );
    expect(rows.filter((row) => !known.has(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });
});

test("the page about HTTP has every status that the table knows", () => {
  for (const status of new Set(Object.values(statusByCode)))
    expect(http).toMatch(status === 500 ? /is 500/ : new RegExp(`^\\| (?:\\d+, )*${status}\\b`, "m"));
});
