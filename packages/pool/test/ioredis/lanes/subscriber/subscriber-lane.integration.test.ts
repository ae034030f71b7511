import { eventually, FakeClock, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Subscription, SubscriptionEvent } from "../../../../src/ioredis/index.ts";
import { errorOf, openPool } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

async function next(subscription: Subscription): Promise<SubscriptionEvent> {
  const { value } = await subscription.next();
  return value!;
}

/** The next event, in words. */
async function said(subscription: Subscription): Promise<string> {
  const event = await next(subscription);
  if (event.type === "gap") return "gap";
  if (event.type === "subscribed") return `subscribed ${event.name.toString()}`;
  return `${event.pattern === undefined ? "" : `${event.pattern.toString()} `}${event.channel.toString()} ${event.message.toString()}`;
}

const published = (channel: string, message: string): Promise<unknown> =>
  server.call("PUBLISH", channel, message);

test("channels, patterns and shard channels arrive as bytes", async () => {
  await using pool = openPool(server);
  const bytes = Buffer.from([0, 13, 10, 255, 44]);
  const channel = pool.subscriber.subscribe([bytes]);
  const pattern = pool.subscriber.subscribe(["news.*"], { kind: "pattern" });
  const shard = pool.subscriber.subscribe(["news.a"], { kind: "shard" });
  for (const one of [channel, pattern, shard]) expect(await next(one)).toMatchObject({ type: "subscribed" });
  await pool.shared.send(["PUBLISH", bytes, Buffer.from([255, 10, 0])]);
  await published("news.a", "1");
  await server.call("SPUBLISH", "news.a", "2");
  expect(await next(channel)).toEqual({
    type: "message",
    channel: bytes,
    pattern: undefined,
    message: Buffer.from([255, 10, 0]),
  });
  expect(await said(pattern)).toBe("news.* news.a 1");
  expect(await said(shard)).toBe("news.a 2");
});

test("the server is asked once for a name, and it is left with its last subscriber", async () => {
  await using pool = openPool(server);
  const subscriptions = Array.from({ length: 100 }, () => pool.subscriber.subscribe(["once", "once"]));
  for (const one of subscriptions) expect(await said(one)).toBe("subscribed once");
  expect(await server.call("PUBSUB", "NUMSUB", "once")).toEqual(["once", 1]);
  expect(pool.stats.subscriber).toMatchObject({ dials: 1, subscriptions: 100, names: 1, waiting: 0 });
  await published("once", "x");
  for (const one of subscriptions) expect(await said(one)).toBe("once x");
  for (const one of subscriptions.slice(1)) await one.return();
  const late = pool.subscriber.subscribe(["once"]);
  expect(await said(late)).toBe("subscribed once");
  await subscriptions[0]!.return();
  expect(await subscriptions[0]!.next()).toEqual({ done: true, value: undefined });
  await published("once", "y");
  expect(await said(late)).toBe("once y");
  await late.return();
  await eventually(async () => expect(await server.call("PUBSUB", "NUMSUB", "once")).toEqual(["once", 0]));
});

test("it closes its connection some time after the last subscription, and dials for the next", async () => {
  const clock = new FakeClock();
  await using pool = openPool(server, { clock, subscriber: { idleTimeoutMs: 7000 } });
  const first = pool.subscriber.subscribe(["a"]);
  await said(first);
  await first.return();
  const connections = async (): Promise<boolean> =>
    String(await server.call("CLIENT", "LIST")).includes("name=fleet:test:subscriber:");
  await clock.advance(6999);
  expect(await connections()).toBe(true);
  await clock.advance(1);
  await eventually(async () => expect(await connections()).toBe(false));
  expect(await said(pool.subscriber.subscribe(["b"]))).toBe("subscribed b");
  expect(pool.stats.subscriber).toMatchObject({ dials: 2, losses: 0 });
});

test.each([
  [{ maxBufferedEvents: 10 }, "maxBufferedEvents 10"],
  [{ maxBufferedBytes: 300 }, "maxBufferedBytes 300"],
])("a slow subscriber is cut off, and the others get everything: %o", async (subscriber, bound) => {
  await using pool = openPool(server, { subscriber });
  const slow = pool.subscriber.subscribe(["fast"]);
  const fast = pool.subscriber.subscribe(["fast"]);
  expect(await said(fast)).toBe("subscribed fast");
  for (let count = 0; count < 100; count += 1) {
    await published("fast", `${count}`);
    expect(await said(fast)).toBe(`fast ${count}`);
  }
  const error = await errorOf(slow.next());
  expect(error).toMatchObject({
    code: "FLEET_POOL_SUBSCRIBER_SLOW",
    message: expect.stringContaining(bound),
  });
  expect(await slow.next()).toEqual({ done: true, value: undefined });
  expect(pool.stats.subscriber).toMatchObject({ slow: 1, subscriptions: 1 });
});

test("a loss is a gap, and what is published after it arrives again", async () => {
  await using proxy = await startFaultProxy(server);
  await using pool = openPool(proxy);
  const two = pool.subscriber.subscribe(["one", "two"]);
  const pattern = pool.subscriber.subscribe(["o*"], { kind: "pattern" });
  expect([await said(two), await said(two), await said(pattern)].toSorted()).toEqual([
    "subscribed o*",
    "subscribed one",
    "subscribed two",
  ]);
  await server.call("CLIENT", "KILL", "TYPE", "pubsub");
  expect([await said(two), await said(two), await said(two)]).toEqual([
    "gap",
    "subscribed one",
    "subscribed two",
  ]);
  expect([await said(pattern), await said(pattern)]).toEqual(["gap", "subscribed o*"]);
  await published("one", "again");
  expect([await said(two), await said(pattern)]).toEqual(["one again", "o* one again"]);
  expect(pool.stats.subscriber).toMatchObject({ losses: 1 });
});

test("a peer that is silent from one PING to the next is lost", async () => {
  const clock = new FakeClock();
  await using proxy = await startFaultProxy(server);
  await using pool = openPool(proxy, { clock, subscriber: { heartbeatMs: 5000 } });
  const one = pool.subscriber.subscribe(["a"]);
  expect(await said(one)).toBe("subscribed a");
  // The answer to the first PING is older than that to SUBSCRIBE; the second is answered too.
  await clock.advance(5000);
  expect(pool.stats.subscriber).toMatchObject({ losses: 0 });
  await published("a", "alive");
  expect(await said(one)).toBe("a alive");
  proxy.inject({ kind: "blackhole" });
  await clock.advance(5000);
  await clock.advance(5000);
  expect(await next(one)).toMatchObject({ type: "gap", error: { code: "FLEET_POOL_CONNECTION_LOST" } });
  expect(pool.stats.subscriber).toMatchObject({ losses: 1, timeouts: 1 });
});

test("refused credentials and names end it, as a close does", async () => {
  await using guarded = await startRedis({ password: "right" });
  await using refused = openPool(guarded, { credentials: async () => ({ password: "wrong" }) });
  const unlet = refused.subscriber.subscribe(["a"]);
  expect(await errorOf(unlet.next())).toMatchObject({ code: "FLEET_POOL_AUTHENTICATION" });
  await server.call("ACL", "SETUSER", "narrow", "on", ">pass", "+@all", "resetchannels", "&mine");
  await using narrow = openPool(server, {
    credentials: async () => ({ username: "narrow", password: "pass" }),
  });
  const mine = narrow.subscriber.subscribe(["mine"]);
  const foreign = narrow.subscriber.subscribe(["foreign"]);
  expect(await said(mine)).toBe("subscribed mine");
  expect(await errorOf(foreign.next())).toMatchObject({ code: "FLEET_POOL_REPLY", prefix: "NOPERM" });
  const pending = errorOf(mine.next());
  await narrow.close();
  expect(await pending).toMatchObject({ code: "FLEET_POOL_CLOSED" });
  expect(() => narrow.subscriber.subscribe(["mine"])).toThrow("closed");
});

test("one that has not begun gets the error of the dial", async () => {
  const gone = await startRedis();
  await gone.close();
  await using pool = openPool(gone);
  expect(await errorOf(pool.subscriber.subscribe(["a"]).next())).toMatchObject({
    code: "FLEET_POOL_CONNECT_FAILED",
  });
});

test("a signal, a bound and an option that cannot be end it before anything is sent", async () => {
  await using pool = openPool(server, { subscriber: { maxSubscriptions: 1 } });
  const end = new AbortController();
  const one = pool.subscriber.subscribe(["a"], { signal: end.signal });
  expect(await said(one)).toBe("subscribed a");
  expect(() => pool.subscriber.subscribe(["b"])).toThrow("subscriber.maxSubscriptions");
  const pending = errorOf(one.next());
  await expect(one.next()).rejects.toThrow("one reader");
  end.abort(new Error("left"));
  expect((await pending).message).toBe("left");
  expect(() => pool.subscriber.subscribe(["b"], { signal: end.signal })).toThrow("left");
  expect(() => pool.subscriber.subscribe([])).toThrow("names");
  expect(() => pool.subscriber.subscribe(["a"], { kind: "glob" as never })).toThrow("kind");
});
