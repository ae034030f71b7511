import { expect, test } from "vitest";

import { ConnectionLines } from "../src/connection-lines.ts";

const name = "orders/10.20.0.5:6379";
const code = "FLEET_POOL_CONNECT_FAILED";

/** The lines that these events make, each a number of milliseconds after the one before. */
function lines(
  events: readonly (readonly [afterMs: number, reason: string, endpoint?: string])[],
): readonly string[] {
  let now = 0;
  const connections = new ConnectionLines(() => now);
  return events.flatMap(([afterMs, reason, endpoint = name]) => {
    now += afterMs;
    const event =
      reason === "open" ? ({ event: "open" } as const) : ({ event: "failed", code, reason } as const);
    const line = connections.lineOf({ name: endpoint, lane: "shared", ...event });
    if (line === undefined) return [];
    const { reason: why = "", failures = "" } = line.facts as { reason?: string; failures?: number };
    return [[now / 1000, line.level, line.text, why, failures].join(" ").trim()];
  });
}

const times = (count: number, afterMs: number, reason: string): (readonly [number, string])[] =>
  Array.from({ length: count }, () => [afterMs, reason]);

test("a reason that lasts is a line at once and then one a minute, with how often it failed meanwhile", () => {
  expect(lines(times(150, 1000, "refused"))).toEqual([
    "1 warn connection failed refused",
    "61 warn connection still fails refused 60",
    "121 warn connection still fails refused 60",
  ]);
});

test("another reason is a line at once", () => {
  expect(
    lines([...times(3, 1000, "refused"), ...times(2, 1000, "loading"), [1000, "wrong-password"]]),
  ).toEqual([
    "1 warn connection failed refused",
    "4 warn connection failed loading 3",
    "6 warn connection failed wrong-password 2",
  ]);
});

test("reasons that take turns are bounded too", () => {
  const turns = Array.from(
    { length: 60 },
    (_, index) => [500, index % 2 === 0 ? "refused" : "timeout"] as const,
  );
  expect(lines(turns).length).toBeLessThanOrEqual(8);
});

test("a connection that opens after failures is a line; one that merely opens is none", () => {
  expect(lines([[0, "open"], ...times(5, 1000, "refused"), [1000, "open"], [0, "open"]])).toEqual([
    "1 warn connection failed refused",
    "6 info connection is back  5",
  ]);
});

test("endpoints are apart, and those of an instance that is gone are forgotten", () => {
  expect(
    lines([
      [0, "refused"],
      [0, "refused", "orders/10.20.0.6:6379"],
      [0, "refused"],
    ]),
  ).toHaveLength(2);
  const connections = new ConnectionLines(() => 0);
  const failed = { name, lane: "shared", event: "failed", code, reason: "refused" } as const;
  expect(connections.lineOf(failed)).toBeDefined();
  expect(connections.lineOf(failed)).toBeUndefined();
  connections.forget("order");
  expect(connections.lineOf(failed)).toBeUndefined();
  connections.forget("orders");
  expect(connections.lineOf(failed)).toBeDefined();
});
