import { describe, expect, test } from "vitest";

import { defineRun } from "../../src/protocol/definition.ts";
import { statusOf, type Survey } from "../../src/runs/status-of.ts";

const now = 1_000_000_000;
const survey: Survey = {
  now,
  state: "running",
  total: 20,
  cursor: 10,
  done: 10,
  leased: 0,
  retrying: 0,
  suspect: 0,
  dead: 0,
  counts: {},
  workers: {},
  created: now,
};
const definition = defineRun({ kind: "range", from: 1, to: 1000 }, 50);

const report = (idsPerSecond: number, seenAgoMs = 1000, hub = true): string =>
  `${now - seenAgoMs} ${JSON.stringify({ state: "running", leaseMs: 10_000, idsPerSecond, gates: { hub, database: true } })}`;
const statusWith = (workers: Readonly<Record<string, string>>): ReturnType<typeof statusOf> =>
  statusOf("casts", definition, { ...survey, workers });

describe("a worker that has said nothing for a whole lease", () => {
  test("is dead, and its speed does not count", () => {
    const { workers, idsPerSecond } = statusWith({ a: report(10), b: report(7, 10_001) });
    expect(workers.map(({ worker, isDead }) => [worker, isDead])).toEqual([
      ["a", false],
      ["b", true],
    ]);
    expect(idsPerSecond).toBe(10);
  });

  test("is not dead a moment before", () => {
    expect(statusWith({ b: report(7, 10_000) })).toMatchObject({
      idsPerSecond: 7,
      workers: [{ isDead: false }],
    });
  });
});

describe("the time to go", () => {
  test.for<[string, Readonly<Record<string, string>>, number | undefined]>([
    ["by the speed of all", { a: report(4), b: report(6) }, 50_000],
    ["not by the speed of the dead", { a: report(5), b: report(5, 60_000) }, 100_000],
    ["unknown where there is no worker", {}, undefined],
    ["unknown at no speed", { a: report(0) }, undefined],
    ["unknown at what is left of a moving average", { a: report(1e-9) }, undefined],
    [
      "unknown while a breaker holds up all that live",
      { a: report(5, 1000, false), b: report(5, 60_000) },
      undefined,
    ],
    ["by the speed of all while one of two is held up", { a: report(5, 1000, false), b: report(5) }, 50_000],
  ])("is %s", ([, workers, etaMs]) => {
    expect(statusWith(workers).etaMs).toBe(etaMs);
  });

  test("is unknown beyond ten years", () => {
    const huge = defineRun({ kind: "range", from: 0, to: 4_294_967_295 }, 50);
    expect(statusOf("casts", huge, { ...survey, workers: { a: report(0.1) } }).etaMs).toBeUndefined();
  });

  test("is nothing when nothing is left, whatever the workers say", () => {
    expect(statusOf("casts", definition, { ...survey, done: 20 }).etaMs).toBe(0);
  });
});
