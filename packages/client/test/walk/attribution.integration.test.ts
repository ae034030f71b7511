import { eventually, FakeClock, startFaultProxy, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { createFleet, Namespace } from "../../src/index.ts";
import { instance } from "../hand-source.ts";
import { needRedis } from "../need-redis.ts";

needRedis();

const orders = { instance: "orders" } as const;
const shop = { namespace: Namespace.project("shop") };
const prefixes = "LOADING MASTERDOWN CLUSTERDOWN BUSY UNKILLABLE NOAUTH WRONGPASS DENIED".split(" ");
const forms = ["EVAL", "EVAL_RO", "eval", "FCALL", "fcall_ro"] as const;

test.for(forms)("what %s answers does not count against the endpoint, whatever it says", async (form) => {
  await using redis = await startRedis();
  const library = `#!lua name=l
    redis.register_function{function_name='f', flags={'no-writes'}, callback=function(k, a) return redis.error_reply(a[1]) end}`;
  await redis.call("FUNCTION", "LOAD", library);
  await using fleet = await createFleet({ instances: [instance("orders", [redis])], retries: 0 });
  const body = /^f/i.test(form) ? "f" : "return redis.error_reply(ARGV[1])";
  for (const prefix of prefixes)
    for (let call = 0; call < 6; call += 1)
      await expect(fleet.command(orders, [form, body, "0", `${prefix} x`])).rejects.toMatchObject({
        code: "FLEET_POOL_REPLY",
        prefix,
      });
  expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toEqual({ name: "closed", consecutiveFailures: 0 });
  expect(await fleet.command(orders, ["GET", "k"], shop)).toBeNull();
});

test("that a script is running too long does not open the circuit: the call after it is answered", async () => {
  await using redis = await startRedis();
  await using proxy = await startFaultProxy(redis);
  await using fleet = await createFleet({ instances: [instance("orders", [proxy])], retries: 0 });
  await fleet.command(orders, ["PING"]);
  for (let call = 0; call < 10; call += 1) {
    proxy.inject({ kind: "reply", k: 1, do: { inject: "-BUSY Redis is busy running a script." } });
    await expect(fleet.command(orders, ["GET", "k"], shop)).rejects.toMatchObject({ prefix: "BUSY" });
  }
  expect(await fleet.command(orders, ["GET", "k"], shop)).toBeNull();
});

test("a time-out does not count while the endpoint answers other calls, and does while it answers none", async () => {
  await using redis = await startRedis();
  const clock = new FakeClock();
  await using fleet = await createFleet({
    instances: [instance("orders", [redis])],
    retries: 0,
    timeoutMs: 200,
    clock,
  });
  await fleet.command(orders, ["PING"]);
  // Writes wait; what is read over another connection is answered.
  await redis.call("CLIENT", "PAUSE", "600000", "WRITE");
  const other = (): Promise<unknown> => fleet.run(orders, (connection) => connection.get("k"));
  const timeOut = async (isAnswered: boolean): Promise<unknown> => {
    const calls = Array.from({ length: 10 }, () =>
      fleet.command(orders, ["SET", "k", "v"], shop).catch((error: unknown) => error),
    );
    await clock.advance(150);
    const others = isAnswered ? [await other()] : [];
    expect(others).toEqual(isAnswered ? [null] : []);
    await clock.advance(50);
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" });
    return fleet.stats.instances[0]?.endpoints[0]?.breaker;
  };
  expect(await timeOut(true)).toEqual({ name: "closed", consecutiveFailures: 0 });
  expect(await timeOut(false)).toMatchObject({ name: "open" });
});

test("heavy commands go one at a time, and their time-outs do not count", async () => {
  await using redis = await startRedis();
  await using fleet = await createFleet({
    instances: [instance("orders", [redis])],
    retries: 0,
    timeoutMs: 300,
  });
  await fleet.command(orders, ["SET", "x", "a".repeat(11_000)], shop);
  await fleet.command(orders, ["SET", "y", "b".repeat(11_000)], shop);
  const slow = fleet.batch(
    orders,
    Array.from({ length: 20 }, () => ["LCS", "x", "y"] as const),
    shop,
  );
  await expect(slow).rejects.toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" });
  expect(fleet.stats.instances[0]?.endpoints[0]?.breaker).toMatchObject({ name: "closed" });
  // The one that is being executed ends; the others were never sent.
  await eventually(async () => expect(await redis.call("PING")).toBe("PONG"), { timeoutMs: 20_000 });
  const text = String(await redis.call("INFO", "commandstats"));
  expect(Number(/cmdstat_lcs:calls=(\d+)/.exec(text)?.[1])).toBeLessThanOrEqual(2);
});
