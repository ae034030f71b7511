import { eventually, FakeClock, type RedisServer, startFaultProxy, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ReplyTooLargeError } from "../../../../src/index.ts";
import { classify, type Command } from "../../../../src/ioredis/index.ts";
import { errorOf, isLost, openPool } from "../../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
  await server.call("SETRANGE", "large", "9999999", "x");
  await server.call("EVAL", "for i = 1, 5000 do redis.call('RPUSH', 'list', i) end", "0");
});
afterAll(() => server.close());

/** What answers `levels` arrays inside of one another. */
const nested = (levels: number): Command => [
  "EVAL",
  "local reply = 1 for level = 1, tonumber(ARGV[1]) do reply = {reply} end return reply",
  "0",
  String(levels),
];

describe("a reply over a limit", () => {
  test.for([
    [{ maxReplyBytes: 1_000_000 }, ["GET", "large"], "GET is over maxReplyBytes 1000000"],
    [{ maxReplyBytes: 10_000 }, ["LRANGE", "list", "0", "-1"], "LRANGE is over maxReplyBytes 10000"],
    [{ maxReplyElements: 5000 }, ["LRANGE", "list", "0", "-1"], "LRANGE is over maxReplyElements 5000"],
    [{}, nested(65), "EVAL is over 64 arrays inside of one another"],
    [{}, nested(3000), "EVAL is over 64 arrays inside of one another"],
  ] as const)("with %j is refused to its caller alone: %j", async ([options, command, words]) => {
    await using pool = openPool(server, options);
    const before = Array.from({ length: 20 }, (_, index) => pool.shared.send(["ECHO", `before ${index}`]));
    const large = errorOf(pool.shared.send(command as Command));
    const after = Array.from({ length: 20 }, (_, index) => pool.shared.send(["ECHO", `after ${index}`]));
    const error = await large;
    expect(error).toBeInstanceOf(ReplyTooLargeError);
    expect(error.message).toContain(words);
    expect(error).toMatchObject({ code: "FLEET_POOL_REPLY_TOO_LARGE", outcome: "replied" });
    expect(classify(error)).toEqual({
      kind: "caller",
      recoverable: false,
      countsAsFailure: false,
      retryDelayMs: 0,
      outcome: "replied",
    });
    expect(await Promise.all([...before, ...after])).toEqual([
      ...Array.from({ length: 20 }, (_, index) => `before ${index}`),
      ...Array.from({ length: 20 }, (_, index) => `after ${index}`),
    ]);
    expect(pool.stats.shared).toMatchObject({ losses: 0, dials: 1, inFlight: 0, bytesInFlight: 0 });
  });

  test("a call's own limit may be smaller or larger", async () => {
    await using pool = openPool(server, { maxReplyBytes: 20_000 });
    const list: Command = ["LRANGE", "list", "0", "-1"];
    await expect(pool.shared.send(list)).rejects.toBeInstanceOf(ReplyTooLargeError);
    await expect(pool.shared.send(list, { maxReplyBytes: 100_000 })).resolves.toHaveLength(5000);
    await expect(pool.shared.send(["GET", "large"], { maxReplyBytes: 10 })).rejects.toThrow(
      "maxReplyBytes 10",
    );
    await expect(pool.shared.send(["PING"], { maxReplyBytes: 7 })).resolves.toBe("PONG");
    await expect(pool.shared.send(["PING"], { maxReplyBytes: 6 })).rejects.toThrow("maxReplyBytes 6");
    await expect(pool.shared.send(["PING"], { maxReplyBytes: 0 })).rejects.toThrow(
      "maxReplyBytes must be a whole number of at least 1, got 0",
    );
  });

  test("in a pipeline it is refused in its slot", async () => {
    await using pool = openPool(server, { maxReplyBytes: 1000 });
    const slots = await pool.shared.batch([["ECHO", "a"], ["GET", "large"], nested(80), ["ECHO", "b"]]);
    expect(slots).toEqual([
      { value: "a" },
      { error: expect.any(ReplyTooLargeError) },
      { error: expect.any(ReplyTooLargeError) },
      { value: "b" },
    ]);
  });

  test("what all replies of a batch may have together is shared by them", async () => {
    await using pool = openPool(server);
    const word = "x".repeat(100);
    const commands = Array.from({ length: 10 }, (): Command => ["ECHO", word]);
    // $100 CR LF, the word, CR LF: 108 bytes.
    const slots = await pool.shared.batch([...commands, ["PING"]], { maxRepliesBytes: 540 });
    expect(slots.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ({ value: word })));
    for (const slot of slots.slice(5, 10))
      expect(slot).toMatchObject({
        error: { message: expect.stringContaining("maxRepliesBytes, of which 0") },
      });
    expect(slots[10]).toMatchObject({ error: { code: "FLEET_POOL_REPLY_TOO_LARGE" } });
    await expect(pool.shared.batch(commands, { maxRepliesBytes: 1080 })).resolves.toHaveLength(10);
    await expect(pool.shared.batch([["PING"]], { maxRepliesBytes: -1 })).rejects.toThrow(
      "maxRepliesBytes must be",
    );
  });

  test("in a transaction: in its slot, or all of it where it is too much together", async () => {
    await using pool = openPool(server);
    const commands: Command[] = [["ECHO", "a"], ["LRANGE", "list", "0", "99"], nested(64), ["ECHO", "b"]];
    const slots = await pool.shared.batch(commands, { atomic: true, maxReplyBytes: 500 });
    expect(slots).toMatchObject([
      { value: "a" },
      { error: { code: "FLEET_POOL_REPLY_TOO_LARGE", command: "LRANGE" } },
      { value: [expect.any(Array)] },
      { value: "b" },
    ]);
    const error = await errorOf(pool.shared.batch(commands, { atomic: true, maxRepliesBytes: 500 }));
    expect(error).toMatchObject({ code: "FLEET_POOL_REPLY_TOO_LARGE", command: "EXEC", outcome: "replied" });
    await expect(pool.shared.send(["PING"])).resolves.toBe("PONG");
    expect(pool.stats.shared.losses).toBe(0);
  });
});

describe("a connection whose reply cannot be awaited is destroyed", () => {
  test("where more would have to be passed over than is worth it", async () => {
    await using pool = openPool(server, { maxReplyBytes: 1000, maxSkippedBytes: 100_000 });
    const large = errorOf(pool.shared.send(["GET", "large"]));
    const behind = errorOf(pool.shared.send(["ECHO", "behind"]));
    expect(await large).toBeInstanceOf(ReplyTooLargeError);
    expect(isLost(await behind, "unknown")).toBe(true);
    await pool.ready();
    await expect(pool.shared.send(["ECHO", "again"])).resolves.toBe("again");
    expect(pool.stats.shared).toMatchObject({ losses: 1, inFlight: 0, bytesInFlight: 0 });
  });

  test("where it swallows the replies behind it, as the proof does not come in its place", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock });
    await pool.ready();
    proxy.inject({ kind: "reply", k: 1, do: { inject: "$400000000\r\nbegin" } });
    const first = errorOf(pool.shared.send(["PING"], { timeoutMs: 60_000 }));
    const others = errorOf(pool.shared.send(["ECHO", "swallowed"], { timeoutMs: 60_000 }));
    await eventually(async () => expect(await server.call("INFO", "clients")).toContain("connected_clients"));
    // No caller leaves: only the proof shows it.
    await clock.advance(1000);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
    expect(isLost(await first, "unknown")).toBe(true);
    expect((await others).message).toContain("a reply does not end where it should");
  });

  test("where it does not end and its caller has left, although bytes come", async () => {
    await using proxy = await startFaultProxy(server);
    const clock = new FakeClock();
    await using pool = openPool(proxy, { clock, commandTimeoutMs: 100, stallTimeoutMs: 500 });
    await pool.ready();
    proxy.inject({ kind: "bandwidth", bytesPerSecond: 100_000 }, { direction: "reply" });
    const large = errorOf(pool.shared.send(["GET", "large"]));
    await eventually(async () => expect(Number(await server.call("LASTSAVE"))).toBeGreaterThan(0));
    await clock.advance(120);
    expect(await large).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT" });
    await clock.advance(600);
    await eventually(() => expect(pool.stats.shared.losses).toBe(1));
  });
});
