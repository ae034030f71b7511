import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { loadConfig, type LoadedConfig } from "../../src/config/config.ts";
import { loadJob } from "../../src/parts/job.ts";
import { importJob, originOf, openJobStore } from "../../src/parts/parts.ts";
import { all } from "./all.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-worker-job-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function module(text: string): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.mjs`);
  await writeFile(path, text);
  return path;
}

async function loaded(flags: Readonly<Record<string, string>>): Promise<LoadedConfig> {
  return loadConfig({ flags, environment: {} });
}

test("a job has what its module exports", async () => {
  const job = await loadJob(
    await module("export const fetch = async (id) => id; export async function* ids() { yield '1'; }"),
  );
  expect(await job.fetch?.("7", { signal: AbortSignal.timeout(1), attempt: 1, token: 1 })).toBe("7");
  expect(job.write).toBeUndefined();
});

test.for([
  ["throws when it is imported", "throw new Error('no database');", /cannot be imported: no database$/],
  ["throws something else", "throw 'a text';", /cannot be imported: a text$/],
  ["is no JavaScript", "export const fetch = ;", /cannot be imported: /],
  ["imports what is not there", "import 'not-there';", /cannot be imported: .*not-there/],
  ["exports neither", "export const fetchAll = 1;", /exports neither fetch nor write$/],
  ["exports by default only", "export default { fetch() {} };", /exports neither fetch nor write$/],
  ["exports no function", "export const write = {};", /write must be a function, got object/],
] as const)("a module that %s is refused with a code", async ([, text, message]) => {
  await expect(loadJob(await module(text))).rejects.toMatchObject({
    code: "FLEET_WORKER_JOB",
    message: expect.stringMatching(message) as string,
  });
});

test("a module that is not there is refused with a code", async () => {
  await expect(loadJob(join(folder, "none.ts"))).rejects.toMatchObject({
    code: "FLEET_WORKER_JOB",
    message: `job: there is no file ${join(folder, "none.ts")}`,
  });
});

test("there is one way to fetch and one to write", async () => {
  const job = await module("export const fetch = async () => 1; export const write = async () => {};");
  await expect(importJob(await loaded({ job, hubUrl: "http://h/{id}" }))).rejects.toThrow(
    "hubUrl: the job exports fetch",
  );
  await expect(importJob(await loaded({ job, sink: "ndjson:x" }))).rejects.toThrow(
    "sink: the job exports write",
  );
  const writing = await module("export const write = async () => {};");
  const onlyWrites = await loaded({ job: writing });
  expect(() => originOf(onlyWrites, { write: async () => undefined }, "1")).toThrow(
    "hubUrl: there is nothing to fetch with",
  );
});

test("what a job has written is known where it exports ids, and else the question has a code", async () => {
  const writes = { write: async () => undefined };
  const config = await loaded({});
  await using known = await openJobStore(config, { ...writes, ids: () => ["1", "2"] });
  expect(await all(known.ids())).toEqual(["1", "2"]);
  await using unknown = await openJobStore(config, writes);
  await expect(all(unknown.ids())).rejects.toMatchObject({ code: "FLEET_WORKER_UNANSWERED" });
});
