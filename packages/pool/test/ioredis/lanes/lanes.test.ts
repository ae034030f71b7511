import { channel } from "node:diagnostics_channel";

import { expect, test } from "vitest";

import { ExclusiveLane, type Lane } from "../../../src/index.ts";
import { RedisPool } from "../../../src/ioredis/index.ts";
import { FakeFactory } from "../../exclusive/fake-factory.ts";

const server = { name: "x", host: "h", port: 1 };

test("each lane stands under its name, in the map and in the stats", async () => {
  await using pool = new RedisPool(server);
  for (const [name, lane] of pool.lanes) expect(lane.name).toBe(name);
  expect([...pool.lanes.keys()]).toEqual(Object.keys(pool.stats));
  expect(pool.lane("shared")).toBe(pool.lanes.get("shared"));
  expect(pool.lane("bulk")).toBe(pool.lanes.get("bulk"));
  expect(pool.lane("subscriber")).toBe(pool.lanes.get("subscriber"));
  expect(pool.lane("exclusive")).toBe(pool.lanes.get("exclusive"));
});

test("a pool shows and closes a lane that it does not know", async () => {
  const closed: unknown[] = [];
  const toy: Lane = {
    name: "toy",
    stats: { waiting: 7, dials: 1, failedDials: 0, losses: 0, timeouts: 0, exhausted: 0 },
    close: async (options) => void closed.push(options),
    [Symbol.asyncDispose]: () => toy.close(),
  };
  const pool = new RedisPool(server);
  (pool.lanes as Map<string, Lane>).set(toy.name, toy);
  expect(pool.stats["toy"]).toBe(toy.stats);
  await pool.close({ graceMs: 5 });
  expect(closed).toEqual([{ graceMs: 5 }]);
});

test("a lane of leases reports under the name that it was given", async () => {
  const events: unknown[] = [];
  const note = (event: unknown): void => void events.push(event);
  const channels = ["fleet:pool:connection", "fleet:pool:acquire"].map((name) => channel(name));
  for (const one of channels) one.subscribe(note);
  const factory = new FakeFactory();
  const lane = new ExclusiveLane({ name: "orders", lane: "blocking", factory });
  await lane.use((connection) => Promise.resolve(connection));
  await lane.close();
  await expect(lane.acquire()).rejects.toThrow("closed");
  for (const one of channels) one.unsubscribe(note);
  expect(lane.name).toBe("blocking");
  expect(events).toEqual([
    { name: "orders", lane: "blocking", event: "open" },
    { name: "orders", lane: "blocking", waitedMs: expect.any(Number), outcome: "miss" },
    { name: "orders", lane: "blocking", event: "closed" },
    { name: "orders", lane: "blocking", waitedMs: 0, outcome: "closed" },
  ]);
});
