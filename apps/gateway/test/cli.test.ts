import { hash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { parseCommandLine } from "../src/cli.ts";
import type { Action } from "../src/cli.ts";
import { settings } from "../src/config-schema.ts";
import { digestOf } from "../src/digest.ts";

function typed(...args: string[]): { action: Action; out: string; error: string } {
  let out = "";
  let error = "";
  const screen = { out: (text: string) => void (out += text), error: (text: string) => void (error += text) };
  return { action: parseCommandLine(args, "1.2.3", screen), out, error };
}

describe("the command line", () => {
  test("serves by default, with its flags by the settings' names", () => {
    expect(
      typed("--config", "fleet.yaml", "--listen-port", "0", "--admin-listen-host", "::1").action,
    ).toEqual({
      run: "serve",
      file: "fleet.yaml",
      flags: { "listen.port": "0", "adminListen.host": "::1" },
    });
    expect(typed().action).toEqual({ run: "serve", file: undefined, flags: {} });
  });

  test("every flag reaches its setting", () => {
    const flagged = settings.filter(({ flag }) => flag !== undefined);
    const args = flagged.flatMap(({ flag, kind }) => [
      flag!.split(" ")[0]!,
      ...(kind === "boolean" ? [] : ["7"]),
    ]);
    const flags = Object.fromEntries(
      flagged.map(({ path, kind }) => [path, kind === "boolean" ? "true" : "7"]),
    );
    expect(typed(...args).action).toMatchObject({ run: "serve", flags });
    expect(typed("discover", ...args).action).toMatchObject({ run: "discover", json: false, flags });
  });

  test("discovers, for people or for a program", () => {
    expect(typed("discover", "--config", "fleet.yaml", "--kubernetes").action).toEqual({
      run: "discover",
      json: false,
      file: "fleet.yaml",
      flags: { "kubernetes.enabled": "true" },
    });
    expect(typed("discover", "--json").action).toMatchObject({ run: "discover", json: true });
  });

  test("prints the configuration", () => {
    expect(typed("--print-config").action).toMatchObject({ run: "print-config" });
  });

  test("help and version start nothing", () => {
    expect(typed("--version")).toMatchObject({ action: { run: "exit", code: 0 }, out: "1.2.3\n" });
    const help = typed("--help");
    expect(help.action).toEqual({ run: "exit", code: 0 });
    for (const { env } of settings.filter(({ flag }) => flag !== undefined))
      expect(help.out).toContain(`(${env})`);
  });

  test.for([
    ["--listen"],
    ["--listen-port"],
    ["serve"],
    ["digest", "a-token"],
    ["discover", "all"],
    ["--json"],
  ])("%j is a fault, exit code 2", (args) => {
    const { action, error } = typed(...args);
    expect(action).toEqual({ run: "exit", code: 2 });
    expect(error).not.toBe("");
  });

  test("names the digest", () => {
    expect(typed("digest").action).toEqual({ run: "digest" });
  });
});

describe("a digest", () => {
  test("is the SHA-256 of what was piped in, without the shell's line break", () => {
    expect(digestOf("correct-horse-battery\n")).toBe(hash("sha256", "correct-horse-battery"));
    expect(digestOf("correct-horse-battery")).toBe(hash("sha256", "correct-horse-battery"));
  });

  test.for([
    "",
    "\n",
    "short",
    "correct horse battery",
    "correct-horse\n-battery",
    "ünï-correct-horse-battery",
  ])("%j is no token", (input) => {
    expect(() => digestOf(input)).toThrow(/at least 16 printable/);
  });
});
