import { expect, test } from "vitest";

import { tableOf } from "../../src/harness/table.ts";

const rows = [
  { name: "ioredis", opsPerSec: 100_000, spreadLowOpsPerSec: 90_000, spreadHighOpsPerSec: 110_000 },
  {
    name: "fleet",
    opsPerSec: 425_000,
    p99Ms: 0.4,
    spreadLowOpsPerSec: 400_000,
    spreadHighOpsPerSec: 450_000,
  },
  { name: "somebody else", opsPerSec: 1, spreadLowOpsPerSec: 1, spreadHighOpsPerSec: 1 },
];
const ratios = new Map([["fleet/ioredis", { median: 4.25, low: 4, high: 4.5 }]]);

test("a table has ours first, then theirs with the ratio; who failed is not in it", () => {
  const comparison = { title: "GET", ours: "fleet", theirs: { ioredis: "ioredis", webdis: "webdis" } };
  expect(tableOf(comparison, rows, ratios).split("\n")).toEqual([
    "GET",
    "         opsPerSec   lowest..highest  p99Ms  fleet/this  lowest..highest",
    "fleet      425,000  400,000..450,000    0.4",
    "ioredis    100,000   90,000..110,000      -        4.25       4.00..4.50",
  ]);
});

test("a table of another figure has that figure first, and the spread of no other", () => {
  const waits = [
    { name: "limit", p99Ms: 50 },
    { name: "fleet", opsPerSec: 9, spreadLowOpsPerSec: 8, spreadHighOpsPerSec: 10, p99Ms: 25 },
  ];
  const comparison = { title: "waits", ours: "limit", theirs: { fleet: "fleet" }, figure: "p99Ms" };
  const factor = new Map([["limit/fleet", { median: 2, low: 1, high: 3 }]]);
  expect(tableOf(comparison, waits, factor).split("\n")).toEqual([
    "waits",
    "       p99Ms  opsPerSec  limit/this  lowest..highest",
    "limit     50          -",
    "fleet     25          9        2.00       1.00..3.00",
  ]);
});
