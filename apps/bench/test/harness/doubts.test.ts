import { describe, expect, test } from "vitest";

import { doubts } from "../../src/harness/doubts.ts";

const steady = { median: 2, low: 1.8, high: 2.2 };

test("a steady run of busy servers leaves none", () => {
  const rows = [
    { name: "fleet", opsPerSec: 1, serverBusyPercent: 98 },
    { name: "ioredis", opsPerSec: 1 },
  ];
  expect(doubts(rows, new Map([["fleet/webdis", steady]]))).toEqual([]);
});

describe("there is one", () => {
  test("when a server did not get its core", () => {
    const rows = [
      { name: "fleet", opsPerSec: 1, serverBusyPercent: 98 },
      { name: "webdis", opsPerSec: 1, serverBusyPercent: 48 },
    ];
    expect(doubts(rows, new Map())).toEqual([expect.stringContaining("webdis had less than 90 %")]);
  });

  test("when the rounds do not agree on a ratio", () => {
    const ratios = new Map([
      ["fleet/fastify", steady],
      ["fleet/webdis", { median: 1, low: 0.8, high: 1.3 }],
    ]);
    expect(doubts([], ratios)).toEqual([
      expect.stringMatching(/^fleet\/webdis differs by more than 1.5 times/),
    ]);
  });
});
