import { FakeClock, type RedisServer, startRedis } from "@fleet/testkit";
import { systemClock } from "@fleet/time";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Command } from "../../../../src/ioredis/commands/command.ts";
import { encode } from "../../../../src/ioredis/commands/encode.ts";
import { WireCommand } from "../../../../src/ioredis/commands/wire-command.ts";
import { type Dialed, dial } from "../../../../src/ioredis/connection/dial.ts";
import { InFlight } from "../../../../src/ioredis/lanes/shared/in-flight.ts";
import type { Reply } from "../../../../src/ioredis/resp/reply.ts";
import { errorOf, isLost } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

function connect(): Promise<Dialed> {
  const { host, port } = server;
  const options = {
    name: "test",
    host,
    port,
    credentials: undefined,
    tls: undefined,
    dialTimeoutMs: 1000,
    clock: systemClock,
  };
  return dial(options, { label: "test", flush: "tick", signal: new AbortController().signal });
}

const limits = { maxReplyBytes: 1_000_000, maxReplyElements: 1000, maxReplyDepth: 64, budget: undefined };

function flight(clock = new FakeClock()): InFlight {
  const bounds = {
    maxInFlight: 1000,
    maxInFlightBytes: 1_000_000,
    stallTimeoutMs: 1000,
    maxSkippedBytes: 1000,
  };
  return new InFlight({ name: "test", maxUnanswered: Infinity, ...bounds, clock, broken: () => undefined });
}

function add(inFlight: InFlight, command: Command): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const payload = encode(command, "shared");
    inFlight.add(new WireCommand(inFlight, payload, "utf8", limits, 0, Infinity, resolve, reject));
  });
}

test("when the socket dies, what was joined and not yet given to it was provably never sent", async () => {
  const { redis } = await connect();
  const inFlight = flight();
  inFlight.open(redis);
  // 50 leave at once, the 51st and 52nd would have left at the end of the tick.
  const calls = Array.from({ length: 52 }, () => add(inFlight, ["INCR", "joined"]));
  redis.stream.destroy();
  const errors = await Promise.all(calls.map((call) => errorOf(call)));
  expect(errors.slice(0, 50).every((error) => isLost(error, "unknown"))).toBe(true);
  expect(errors.slice(50).every((error) => isLost(error, "not-sent"))).toBe(true);
  expect(inFlight).toMatchObject({ size: 0, bytes: 0 });
  expect(Number((await server.call("GET", "joined")) ?? 0)).toBeLessThanOrEqual(50);
});

test("what comes after the socket died and before that is known was never sent", async () => {
  const { redis } = await connect();
  const inFlight = flight();
  inFlight.open(redis);
  redis.stream.destroy();
  const error = await errorOf(add(inFlight, ["INCR", "late"]));
  expect(isLost(error, "not-sent")).toBe(true);
  await expect(server.call("GET", "late")).resolves.toBeNull();
});

test("one timer for everything: it runs while something is in flight, and ends by itself", async () => {
  const clock = new FakeClock();
  const inFlight = flight(clock);
  const { redis } = await connect();
  inFlight.open(redis);
  const calls = Array.from({ length: 100 }, () => add(inFlight, ["PING"]));
  expect(clock.pending).toBe(1);
  await Promise.all(calls);
  await clock.advance(20);
  expect(clock.pending).toBe(0);
  redis.stream.destroy();
});

test("100000 commands leave no memory behind in the lists", async () => {
  const inFlight = flight();
  const { redis } = await connect();
  inFlight.open(redis);
  for (let round = 0; round < 200; round += 1)
    await Promise.all(Array.from({ length: 500 }, () => add(inFlight, ["PING"])));
  expect(inFlight).toMatchObject({ size: 0, bytes: 0, latency: { replies: 100_000 } });
  expect(inFlight.written).toMatchObject({ head: undefined, tail: undefined, size: 0 });
  expect(redis.commandQueue).toHaveLength(0);
  redis.stream.destroy();
});

test("the connection that a dial answers is an ioredis that never saw the password", async () => {
  await using secured = await startRedis({ password: "CANARY" });
  const { host, port } = secured;
  const credentials = async (): Promise<{ password: string }> => ({ password: "CANARY" });
  const { redis, pingMs } = await dial(
    { name: "test", host, port, credentials, tls: undefined, dialTimeoutMs: 1000, clock: systemClock },
    { label: "test", signal: new AbortController().signal },
  );
  expect(redis).toBeInstanceOf(Redis);
  expect(redis.status).toBe("ready");
  expect(pingMs).toBeGreaterThan(0);
  expect(JSON.stringify([redis.options, redis.condition])).not.toContain("CANARY");
  expect(redis.options).toMatchObject({
    retryStrategy: null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    lazyConnect: true,
    autoResendUnfulfilledCommands: true,
    enableAutoPipelining: false,
  });
  expect(redis.options.commandTimeout).toBeUndefined();
  expect(redis.options.blockingTimeout).toBeUndefined();
  redis.stream.destroy();
});
