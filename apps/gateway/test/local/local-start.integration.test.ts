import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { eventually, launchScript } from "@fleet/testkit";
import { describe, expect, test } from "vitest";

import { parseOptions } from "../../local/options.ts";
import { addressesOn, askFor } from "../asked-for.ts";

const start = "apps/gateway/local/start.ts";
const freePorts = ["start", "--", "--port", "0", "--admin-port", "0"];

describe("pnpm start", () => {
  test.for([
    ["SIGINT", "pnpm"],
    ["SIGTERM", start],
  ] as const)(
    "answers for ten seconds, and %s to %s ends it with 0 and leaves nothing",
    { timeout: 120_000 },
    async ([signal, to]) => {
      await using script = launchScript(freePorts);
      const addresses = await addressesOn(script);
      await askFor(10_000, addresses);
      const [asked, ...others] = script.find(to);
      expect(others).toEqual([]);
      // Six servers, their watchdog, and what they were launched through.
      expect(script.left().length).toBeGreaterThan(10);
      process.kill(asked!.pid, signal);
      expect(await script.ended).toEqual({ code: 0, signal: null });
      await eventually(() => expect(script.left()).toEqual([]));
      for (const url of [addresses["url"]!, addresses["admin"]!])
        await expect(fetch(url)).rejects.toThrow("fetch failed");
      expect(script.printed).toMatch(/leaves nothing\.\n\n?$/);
    },
  );

  test("SIGINT in the middle of its tour ends it at once", { timeout: 120_000 }, async () => {
    await using script = launchScript(["start", "--", "--try"]);
    await addressesOn(script);
    process.kill(script.find("pnpm")[0]!.pid, "SIGINT");
    expect((await script.ended).code).not.toBe(0);
    await eventually(() => expect(script.left()).toEqual([]));
    expect(script.printed).not.toContain("nothing failed");
  });

  test.for([
    ["--port", "--admin-port"],
    ["--admin-port", "--port"],
  ] as const)("a taken port: it names %s", { timeout: 120_000 }, async ([taken, free]) => {
    const server = createServer().listen(0, "127.0.0.1");
    try {
      await new Promise((listening) => server.once("listening", listening));
      const { port } = server.address() as AddressInfo;
      await using script = launchScript(["start", "--", taken, String(port), free, "0"]);
      expect((await script.ended).code).toBe(1);
      expect(script.printed).toContain(
        `the gateway does not start: port ${port} is taken; ${taken} N takes another, ${taken} 0 a free one\n`,
      );
      await eventually(() => expect(script.left()).toEqual([]));
    } finally {
      server.close();
    }
  });

  test.for([
    [["--help"], 0, /^Usage: pnpm start -- \[options\]\n[^]*--admin-port/],
    [["--prot", "1"], 2, "error: unknown option '--prot' (Did you mean --port?)\n"],
    [["--port", "x"], 2, /^error: option '--port <port>' argument 'x' is invalid\. .* 0 to 65535\.\n$/],
    [["--admin-port", "65536"], 2, /^error: .*'65536' is invalid.*\n$/],
    [["--port"], 2, "error: option '--port <port>' argument missing\n"],
    [["there"], 2, "error: too many arguments. Expected 0 arguments but got 1: there.\n"],
  ] as const)("%j ends with %d and says what is right in place of a stack", ([args, exitCode, said]) => {
    let screen = "";
    const write = (text: string): void => void (screen += text);
    expect(parseOptions(args, { out: write, error: write })).toBe(exitCode);
    expect(screen).toMatch(said);
  });

  test("a tour takes free ports, a stay those of the README", () => {
    const parse = (...args: readonly string[]): unknown =>
      parseOptions(args, { out: () => {}, error: () => {} });
    expect(parse()).toEqual({ try: false, kubernetes: false, port: 8080, adminPort: 8081 });
    expect(parse("--try", "--port", "9000")).toMatchObject({ try: true, port: 9000, adminPort: 0 });
  });
});
