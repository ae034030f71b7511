import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Source } from "@fleet/backfill";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { loadConfig } from "../../src/config/config.ts";
import { readSource } from "../../src/parts/read-source.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-worker-source-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function source(flags: Readonly<Record<string, string>>): Promise<Source | undefined> {
  return readSource((await loadConfig({ flags, environment: {} })).config);
}

async function idsFile(text: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.txt`);
  await writeFile(path, text);
  return path;
}

describe("the source", () => {
  test.for([
    [{ range: "5..9" }, { kind: "range", from: 5, to: 9 }],
    [{ ids: "7,8" }, { kind: "ids", ids: ["7", "8"] }],
    [{ stream: "casts" }, { kind: "stream", key: "casts", group: "fleet" }],
    [
      { stream: "casts", streamGroup: "g", streamStart: "$", adoptAfterMs: "5" },
      { kind: "stream", key: "casts", group: "g", start: "$", adoptAfterMs: 5 },
    ],
    [
      { list: "jobs", listSide: "left" },
      { kind: "list", key: "jobs", side: "left" },
    ],
    [{}, undefined],
  ] as const)("of %j", async ([flags, expected]) => {
    expect(await source({ ...flags })).toEqual(expected);
  });

  test("may be a file, one id a line, whatever its line ends", async () => {
    expect(await source({ idsFile: await idsFile("1\r\n2\n\n  3\n") })).toEqual({
      kind: "ids",
      ids: ["1", "2", "3"],
    });
  });

  test("takes ids of any look when it is told what they look like", async () => {
    const ids = "a-1,b-2";
    expect(await source({ ids, idPattern: "[a-z]-\\d" })).toEqual({ kind: "ids", ids: ["a-1", "b-2"] });
  });
});

describe("ids are refused", () => {
  test("that are not numbers, with the first of them", async () => {
    await expect(source({ ids: "1,x,3,y,z,0x1" })).rejects.toMatchObject({
      code: "FLEET_WORKER_CONFIGURATION",
      message: String.raw`ids: expected ids like \d+ (idPattern), got "x", "y", "z" and 1 more`,
    });
  });

  test("that come twice, of a file too", async () => {
    const path = await idsFile("1\n2\n1\n");
    await expect(source({ idsFile: path })).rejects.toThrow(
      `${path}: expected each id once, got more than one of "1"`,
    );
  });

  test("of a file that has none, or is not there", async () => {
    await expect(source({ idsFile: await idsFile("\n\n") })).rejects.toThrow("expected at least one id");
    await expect(source({ idsFile: join(folder, "none") })).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });

  test("of an empty list", async () => {
    await expect(source({ ids: "" })).rejects.toThrow(/^ids/);
    await expect(source({ ids: "[]" })).rejects.toThrow("expected at least one id");
  });
});
