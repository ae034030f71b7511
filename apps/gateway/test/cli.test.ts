import { hash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { parseCommandLine } from "../src/cli.ts";
import type { Action } from "../src/cli.ts";
import { settings } from "../src/config/config-schema.ts";
import { createToken, digestOf, isDigestShaped, isTokenShaped, piped } from "../src/token-secret.ts";

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
      flagged.map(({ path, kind }) => [path, kind === "boolean" ? true : "7"]),
    );
    expect(typed(...args).action).toMatchObject({ run: "serve", flags });
    expect(typed("discover", ...args).action).toMatchObject({ run: "discover", json: false, flags });
  });

  test("discovers, for people or for a program", () => {
    expect(typed("discover", "--config", "fleet.yaml", "--kubernetes").action).toEqual({
      run: "discover",
      json: false,
      file: "fleet.yaml",
      flags: { "kubernetes.enabled": true },
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
    for (const { env, aliases } of settings.filter(({ flag }) => flag !== undefined))
      expect(help.out).toContain(`(${[env, ...aliases].join(", ")})`);
  });

  test.for([
    ["--listen"],
    ["--listen-port"],
    ["serve"],
    ["digest", "a-token"],
    ["token"],
    ["token", "create", "web"],
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

  test("makes a token, for people or for a program", () => {
    expect(typed("token", "create").action).toEqual({
      run: "token-create",
      json: false,
      entry: {},
      file: undefined,
    });
    expect(typed("token", "create", "--json").action).toMatchObject({ json: true, entry: {} });
    const wanted = [
      "--name",
      "web",
      "--targets",
      "orders,cache",
      "--project",
      "shop",
      "--config",
      "fleet.yaml",
    ];
    expect(typed("token", "create", ...wanted).action).toMatchObject({
      entry: { name: "web", targets: ["orders", "cache"], project: "shop" },
      file: "fleet.yaml",
    });
    expect(typed("token", "list").action).toEqual({ run: "token-list", json: false, file: undefined });
    expect(typed("token", "revoke", "web").action).toEqual({
      run: "token-revoke",
      name: "web",
      file: undefined,
    });
    expect(typed("token", "revoke").action).toEqual({ run: "exit", code: 2 });
  });
});

describe("a digest", () => {
  test("is the SHA-256 of what was piped in, without the shell's line break", () => {
    for (const input of ["correct-horse-battery\n", "correct-horse-battery\r\n", "correct-horse-battery"])
      expect(digestOf(piped(input))).toBe(hash("sha256", "correct-horse-battery"));
  });

  test.for([
    "",
    "\n",
    "short",
    "correct horse battery",
    "correct-horse\n-battery",
    "ünï-correct-horse-battery",
  ])("%j is no token", (input) => {
    expect(() => digestOf(piped(input))).toThrow(/at least 16 printable/);
  });
});

describe("a token that was made", () => {
  test("holds 256 bits of the source of randomness behind its prefix, and its digest fits", () => {
    const { token, digest } = createToken((size) => Buffer.alloc(size, 0xfb));
    expect(token).toBe(`fleet_${Buffer.alloc(32, 0xfb).toString("base64url")}`);
    expect(digest).toBe(digestOf(token));
    expect(createToken().token).not.toBe(createToken().token);
  });

  test("is told from a digest, also with what surrounds it in a header", () => {
    for (let round = 0; round < 100; round += 1) {
      const { token, digest } = createToken();
      for (const text of [token, `Bearer ${token}`, ` ${token}\n`])
        expect([isTokenShaped(text), isDigestShaped(text)]).toEqual([true, false]);
      expect([isTokenShaped(digest), isDigestShaped(digest)]).toEqual([false, true]);
    }
  });
});
