import { setImmediate as turn } from "node:timers/promises";

import { eventually, startRedis, startReplication } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet } from "../../src/index.ts";
import { HandSource, instance } from "../hand-source.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;

test("a call to an instance whose only endpoint is being replaced waits for the next one", async () => {
  await using before = await startRedis();
  await using after = await startRedis();
  const source = new HandSource(instance("orders", [before]));
  await using fleet = await createFleet({ sources: [source] });
  await fleet.command(orders, ["INCR", "n"]);
  source.say(instance("orders", []));
  await turn();
  const waiting = Promise.all([fleet.command(orders, ["INCR", "n"]), fleet.command(orders, ["GET", "n"])]);
  await turn();
  source.say(instance("orders", [after]));
  expect(await waiting).toEqual([1, "1"]);
});

test("an instance that is removed meanwhile is unknown to whoever waited", async () => {
  await using redis = await startRedis();
  const source = new HandSource(instance("orders", [redis]));
  await using fleet = await createFleet({ sources: [source] });
  source.say(instance("orders", []));
  await turn();
  const waiting = fleet.command(orders, ["INCR", "n"]);
  source.say();
  await expect(waiting).rejects.toMatchObject({ reason: "no-endpoints" });
});

test("one that never had anybody, and one whose gap lasts, refuse at once", async () => {
  await using redis = await startRedis();
  const source = new HandSource(instance("orders", [redis]), instance("empty", []));
  await using fleet = await createFleet({ sources: [source], failoverMs: 0, timeoutMs: 60_000 });
  await expect(fleet.command({ instance: "empty" }, ["PING"])).rejects.toMatchObject({
    reason: "no-endpoints",
  });
  source.say(instance("orders", []), instance("empty", []));
  await turn();
  await expect(fleet.command(orders, ["PING"])).rejects.toMatchObject({ reason: "no-endpoints" });
});

test("a caller who leaves while he waits gets his own reason", async () => {
  await using redis = await startRedis();
  const source = new HandSource(instance("orders", [redis]));
  await using fleet = await createFleet({ sources: [source] });
  source.say(instance("orders", []));
  await turn();
  const leaving = new AbortController();
  const waiting = fleet.command(orders, ["PING"], { signal: leaving.signal });
  await turn();
  leaving.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("writes while there are only replicas wait for the one that is promoted", async () => {
  await using set = await startReplication({ replicas: 2 });
  const [first, second] = set.replicas;
  if (first === undefined || second === undefined) throw new Error("two replicas are needed");
  const source = new HandSource(instance("orders", [set.primary, first, second]));
  await using fleet = await createFleet({ sources: [source], timeoutMs: 10_000, failoverMs: 10_000 });
  await eventually(() => fleet.command(orders, ["INCR", "n"]));
  await eventually(async () => expect(await first.call("GET", "n")).toBe("1"));
  source.say(instance("orders", [first, second]));
  await eventually(() =>
    expect(fleet.stats.instances[0]?.endpoints.map(({ role }) => role)).toEqual(["replica", "replica"]),
  );
  const waiting = Promise.all(Array.from({ length: 50 }, () => fleet.command(orders, ["INCR", "n"])));
  await first.call("REPLICAOF", "NO", "ONE");
  expect(await waiting).toHaveLength(50);
  expect(await first.call("GET", "n")).toBe("51");
});
