import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Program } from "@fleet/testkit";
import { startApiServerDouble } from "@fleet/testkit/kubernetes";
import { afterAll, beforeAll, expect, test } from "vitest";

import { holding } from "../src/contestants/holding.ts";
import { fill } from "../src/contestants/watchers/cluster-objects.ts";
import type { Result } from "../src/harness/result.ts";
import type { Figures } from "../src/harness/scenario.ts";
import { findProgram } from "../src/load/programs.ts";
import { bench } from "./run-bench.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run prints its tables and writes the JSON in its form", { timeout: 60_000 }, async () => {
  const file = join(folder, "figures.json");
  const run = ["shared-lane", "--quick", "--round-ms", "50", "--rounds", "1", "--seed", "5", "--json", file];
  const { code, out, error } = await bench(run);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  expect(out).toContain("GET of 64 B, 100 in flight");
  expect(out).toContain("fleet/this");

  const text = await readFile(file, "utf8");
  const { rows, ratios, ...head } = JSON.parse(text) as Result;
  expect(head).toEqual({
    scenario: "shared-lane",
    seed: 5,
    machine: {
      cpuModel: expect.any(String),
      cores: expect.any(Number),
      memoryGiB: expect.any(Number),
      os: expect.any(String),
      node: process.versions.node,
      loadAverage1m: expect.any(Number),
    },
    versions: expect.objectContaining({
      ioredis: expect.any(String),
      "node-redis": expect.any(String),
      "generic-pool": expect.any(String),
    }),
  });

  const limit = findProgram("redis-benchmark") === undefined ? [] : ["redis-benchmark"];
  const peers = ["ioredis", "ioredis-autopipelining", "node-redis", "generic-pool", ...limit];
  const names = ["fleet", ...peers];
  expect(rows.map(({ name }) => name)).toEqual([...names, ...names.map((name) => `${name}-set`)]);
  for (const { name, ...figures } of rows) {
    expect(figures).toMatchObject({
      opsPerSec: expect.any(Number),
      spreadLowOpsPerSec: expect.any(Number),
      spreadHighOpsPerSec: expect.any(Number),
    });
    const odd = Object.values(figures).filter((figure) => !Number.isFinite(figure) || Number(figure) < 0);
    expect({ name, odd }).toEqual({ name, odd: [] });
    expect(figures["opsPerSec"]).toBeGreaterThan(0);
  }
  expect(Object.keys(ratios)).toEqual([
    ...peers.map((name) => `fleet/${name}`),
    ...peers.map((name) => `fleet-set/${name}`),
  ]);
  for (const ratio of Object.values(ratios)) expect(ratio).toBeGreaterThan(0);
  // What is published says on what kind of machine, not on whose.
  expect(text).not.toContain(folder);
  expect(text).not.toContain(fileURLToPath(new URL("..", import.meta.url)));
});

test("the walk is compared with the lane, with and without a project", { timeout: 60_000 }, async () => {
  const file = join(folder, "walk.json");
  const run = ["whole-walk", "--round-ms", "50", "--rounds", "1", "--json", file];
  expect(await bench(run)).toMatchObject({ code: 0, error: "" });
  const { ratios } = JSON.parse(await readFile(file, "utf8")) as Result;
  expect(Object.keys(ratios)).toEqual(["walk/lane", "walk-project/lane"]);
});

test("the gateway gives the right answer in every form", { timeout: 90_000 }, async () => {
  const file = join(folder, "gateway.json");
  const run = ["gateway", "--round-ms", "1", "--rounds", "1", "--json", file];
  expect(await bench(run)).toMatchObject({ code: 0, error: "" });
  const { rows } = JSON.parse(await readFile(file, "utf8")) as Result;
  for (const [name, commands] of Object.entries({ fleet: 1, post: 1, pipeline: 100 })) {
    const { opsPerSec, requestsPerSec } = rows.find((row) => row.name === name)! as Figures;
    expect(opsPerSec! / requestsPerSec!).toBeCloseTo(commands, 0);
  }
});

test("the worker's contestants work through what they were given", { timeout: 90_000 }, async () => {
  const file = join(folder, "worker.json");
  const run = ["worker", "--round-ms", "300", "--rounds", "1", "--json", file];
  expect(await bench(run)).toMatchObject({ code: 0, error: "" });
  const { rows, ratios } = JSON.parse(await readFile(file, "utf8")) as Result;
  expect(Object.keys(ratios)).toEqual([
    "fleet/bullmq",
    "fleet/bullmq-with-adding",
    "fleet/bullmq-one-by-one",
    "lanes/one-pool",
    "staged/nested",
  ]);
  expect(rows.find(({ name }) => name === "nested")!["opsPerSec"]).toBeLessThanOrEqual(20.5);
});

test.for(["fleet", "make-informer", "kubernetes-fluent-client"] as const)(
  "%s holds a cluster, and its process tells what that costs",
  { timeout: 60_000 },
  async (watcher) => {
    await using double = await startApiServerDouble();
    await fill(double, 50);
    const contestant = holding(watcher, { watcher, double, services: 50, folder, resyncs: true });
    const { signal } = new AbortController();
    const figures = await contestant.measure({ roundMs: 1, signal });
    const odd = Object.values(figures).filter((figure) => !Number.isFinite(figure));
    expect(odd).toEqual([]);
    expect(figures["servicesPerSec"]).toBeGreaterThan(0);
    expect("resyncBytes" in figures).toBe(watcher !== "make-informer");
  },
);

test("a campaign of faults comes to its end, and so does its process", { timeout: 90_000 }, async () => {
  const file = fileURLToPath(new URL("play-campaign.ts", import.meta.url));
  await using program = new Program({ args: ["--conditions=@fleet/source", file] });
  expect(await program.gone()).toMatchObject({ code: 0, error: "" });
});

test.for([
  ["whole-walk", "SIGINT", 130],
  ["gateway", "SIGTERM", 143],
  ["discovery", "SIGTERM", 143],
] as const)(
  "%s, stopped by %s, ends with all that it has started",
  { timeout: 90_000 },
  async ([scenario, signal, expected]) => {
    const { code, error } = await bench([scenario, "--quick"], async (program) => {
      await program.says("after a warm-up round");
      program.child.kill(signal);
    });
    expect({ code, error }).toEqual({ code: expected, error: `\nstopped by ${signal}\n` });
  },
);
