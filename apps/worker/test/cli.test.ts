import { describe, expect, test } from "vitest";

import { type Action, parseCommandLine } from "../src/cli.ts";
import { settings } from "../src/config/config-schema.ts";

function parse(...args: string[]): Action & { readonly out: string; readonly error: string } {
  let out = "";
  let error = "";
  const action = parseCommandLine(args, "1.2.3", {
    out: (text) => (out += text),
    error: (text) => (error += text),
  });
  return { ...action, out, error };
}

describe("the command line", () => {
  test("start takes every setting as a flag, under the name it has in the file", () => {
    const given: Record<string, string | boolean> = {};
    const args = settings.flatMap(({ path, flag, kind }) => {
      if (flag === undefined) return [];
      given[path] = kind === "boolean" ? true : "x";
      const [switched = ""] = flag.split(" ");
      return kind === "boolean" ? [switched] : [switched, "x"];
    });
    expect(parse("start", ...args)).toMatchObject({ run: "start", flags: given, json: false });
    expect(Object.keys(given).length).toBeGreaterThan(40);
  });

  test.for([
    [["start", "--dry-run"], { run: "dry-run" }],
    [["start", "--print-config", "--dry-run"], { run: "print-config" }],
    [
      ["start", "--no-exit-on-complete", "--config", "f"],
      { run: "start", file: "f", flags: { exitOnComplete: false } },
    ],
    [["status", "--json", "--name", "casts"], { run: "status", json: true, flags: { name: "casts" } }],
    [["pause"], { run: "pause", flags: {} }],
    [["resume"], { run: "resume" }],
    [["retry"], { run: "retry", ids: [] }],
    [["retry", "7", "9"], { run: "retry", ids: ["7", "9"] }],
    [["inspect"], { run: "inspect", id: undefined }],
    [["inspect", "7"], { run: "inspect", id: "7" }],
    [["verify", "--sink", "ndjson:f"], { run: "verify", flags: { sink: "ndjson:f" } }],
    [["purge", "--dead", "7"], { run: "purge-dead", ids: ["7"] }],
    [["purge", "--dead"], { run: "purge-dead", ids: [] }],
    [["purge", "--run"], { run: "purge-run" }],
  ] as const)("%j", ([args, action]) => {
    expect(parse(...args)).toMatchObject(action);
  });

  test.for([
    [[]],
    [["work"]],
    [["start", "now"]],
    [["start", "--rnage", "1..2"]],
    [["start", "--hub-token", "secret"]],
    [["status", "--range", "1..2"]],
    [["purge"]],
    [["purge", "--run", "7"]],
    [["purge", "--run", "--dead"]],
  ] as const)("%j is refused with exit code 2 and a word why", ([args]) => {
    const { run, error, ...rest } = parse(...args);
    expect([run, "code" in rest && rest.code]).toEqual(["exit", 2]);
    expect(error).not.toBe("");
  });

  test("--version and --help print and exit with 0", () => {
    expect(parse("--version")).toMatchObject({ run: "exit", code: 0, out: "1.2.3\n" });
    expect(parse("--help").out).toMatch(/start.*\n.*status/s);
    expect(parse("start", "--help")).toMatchObject({ code: 0, out: expect.stringContaining("MAX_FID") });
  });
});
