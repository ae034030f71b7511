import { describe, expect, test } from "vitest";

import { jsonOf, plainRatios, ratiosOf, rowsOf } from "../../src/harness/result.ts";
import type { Result } from "../../src/harness/result.ts";
import type { Measured } from "../../src/harness/rounds.ts";
import type { Comparison } from "../../src/harness/scenario.ts";

const measured: Measured = {
  rounds: new Map([
    [
      "fleet",
      [
        { opsPerSec: 400_000.4, p99Ms: 0.4 },
        { opsPerSec: 200_000, p99Ms: 0.6 },
        { opsPerSec: 600_000, p99Ms: 0.5 },
      ],
    ],
    ["ioredis", [{ opsPerSec: 100_000 }, { opsPerSec: 50_000 }, { opsPerSec: 200_000 }]],
    ["fleet-set", [{ opsPerSec: 30 }, { opsPerSec: 30 }, { opsPerSec: 30 }]],
    ["ioredis-set", [{ opsPerSec: 20 }, { opsPerSec: 20 }, { opsPerSec: 20 }]],
  ]),
  failures: new Map([["webdis", "answered 503"]]),
};
const comparisons: readonly Comparison[] = [
  { title: "GET", ours: "fleet", theirs: { ioredis: "ioredis", webdis: "webdis" } },
  { title: "SET", ours: "fleet-set", theirs: { ioredis: "ioredis-set" } },
];

test("a row has the medians of its rounds and how far they lie apart", () => {
  expect(rowsOf(measured)[0]).toEqual({
    name: "fleet",
    opsPerSec: 400_000,
    p99Ms: 0.5,
    spreadLowOpsPerSec: 200_000,
    spreadHighOpsPerSec: 600_000,
  });
});

test("a ratio is named after ours and theirs, and left out when one of them failed", () => {
  const ratios = ratiosOf(measured, comparisons);
  expect([...ratios.keys()]).toEqual(["fleet/ioredis", "fleet-set/ioredis"]);
  expect(plainRatios(ratios)).toEqual({ "fleet/ioredis": 4, "fleet-set/ioredis": 1.5 });
});

test("a comparison may be of another figure: rows need no opsPerSec, and nothing is divided by zero", () => {
  const waits: Measured = {
    rounds: new Map([
      ["limit", [{ p99Ms: 50 }, { p99Ms: 50 }]],
      ["fleet", [{ p99Ms: 20 }, { p99Ms: 30 }]],
      ["never", [{ p99Ms: 0 }, { p99Ms: 5 }]],
    ]),
    failures: new Map(),
  };
  const theirs = { "event-to-routable": "fleet", never: "never" };
  const ratios = ratiosOf(waits, [{ title: "waits", ours: "limit", theirs, figure: "p99Ms" }]);
  expect(plainRatios(ratios)).toEqual({ "limit/event-to-routable": 2.083 });
  expect(rowsOf(waits)[1]).toEqual({ name: "fleet", p99Ms: 25 });
});

describe("the JSON", () => {
  const result = (scenario: string): Result => ({
    scenario,
    machine: { cpuModel: "some", cores: 2 },
    versions: { node: "24.0.0" },
    seed: 1,
    rows: rowsOf(measured),
    ratios: plainRatios(ratiosOf(measured, comparisons)),
  });

  test("of one scenario is an object with these members, in this order", () => {
    const written = JSON.parse(jsonOf([result("shared-lane")])) as Record<string, unknown>;
    expect(Object.keys(written)).toEqual(["scenario", "machine", "versions", "seed", "rows", "ratios"]);
  });

  test("of several scenarios is a list of such objects", () => {
    const written = JSON.parse(jsonOf([result("gateway"), result("whole-walk")])) as readonly Result[];
    expect(written.map(({ scenario }) => scenario)).toEqual(["gateway", "whole-walk"]);
  });
});
