import {
  eventually,
  FakeClock,
  type RedisServer,
  seededRandom,
  startFaultProxy,
  startRedis,
} from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { PoolExhaustedError } from "../../../src/index.ts";
import { classify, type Command } from "../../../src/ioredis/index.ts";
import { errorOf, openPool } from "../../pool-scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

test("a large reply on the bulk lane stands in front of nothing on the shared lane", async () => {
  await using proxy = await startFaultProxy(server);
  await using pool = openPool(proxy, { commandTimeoutMs: 60_000 });
  await server.call("SETRANGE", "large", "1999999", "x");
  await Promise.all([pool.ready(), pool.bulk.ready()]);
  proxy.inject({ kind: "bandwidth", bytesPerSecond: 4_000_000 }, { direction: "reply" });
  const ended: string[] = [];
  const large = pool.bulk.send(["GET", "large"], { encoding: "wire" }).then(() => ended.push("large"));
  await pool.shared.send(["ECHO", "small"]).then(() => ended.push("small"));
  await large;
  expect(ended).toEqual(["small", "large"]);
  const clients = String(await server.call("CLIENT", "LIST"));
  expect(clients).toContain("name=fleet:test:bulk:");
  expect(clients).toContain("name=fleet:test:shared:");
});

describe("of what is unanswered only a few are written", () => {
  test("and the others follow in the order they came", async () => {
    await using pool = openPool(server, { bulk: { maxUnanswered: 2 } });
    await pool.bulk.ready();
    const numbers = Array.from({ length: 50 }, (_, index) => String(index));
    const calls = numbers.map((number) => pool.bulk.send(["RPUSH", "list", number]));
    expect(pool.stats.bulk).toMatchObject({ inFlight: 50, waiting: 48 });
    expect(await Promise.all(calls)).toEqual(numbers.map((_, index) => index + 1));
    expect(await server.call("LRANGE", "list", "0", "-1")).toEqual(numbers);
    expect(pool.stats.bulk).toMatchObject({ inFlight: 0, waiting: 0, bytesInFlight: 0 });
  });

  test("so that a pipeline of large replies does not pile up in the server", async () => {
    await using pool = openPool(server, { commandTimeoutMs: 60_000 });
    await server.call("SETRANGE", "large", "999999", "x");
    await pool.bulk.ready();
    const commands = Array.from({ length: 200 }, (): Command => ["GET", "large"]);
    const end = { isOver: false };
    const replies = pool.bulk.batch(commands, { encoding: "wire" }).finally(() => (end.isOver = true));
    let most = 0;
    while (!end.isOver) {
      const clients = String(await server.call("CLIENT", "LIST"));
      const line = clients.split("\n").find((client) => client.includes("name=fleet:test:bulk")) ?? "";
      most = Math.max(most, Number(/ omem=(\d+)/.exec(line)?.[1] ?? 0));
    }
    await expect(replies).resolves.toHaveLength(200);
    // Four of a megabyte.
    expect(most).toBeLessThan(5_000_000);
  });

  test("a transaction leaves whole, with nothing in between", async () => {
    await using pool = openPool(server, { bulk: { maxUnanswered: 2 } });
    const add = (word: string): Command => ["RPUSH", "list", word];
    const calls = [
      ...Array.from({ length: 5 }, () => pool.bulk.send(add("before"))),
      pool.bulk.batch(
        Array.from({ length: 20 }, () => add("within")),
        { atomic: true },
      ),
      ...Array.from({ length: 5 }, () => pool.bulk.send(add("after"))),
    ];
    await Promise.all(calls);
    expect(await server.call("LRANGE", "list", "0", "-1")).toEqual([
      ...Array.from({ length: 5 }, () => "before"),
      ...Array.from({ length: 20 }, () => "within"),
      ...Array.from({ length: 5 }, () => "after"),
    ]);
  });

  test("one whose turn does not come in time was not sent, and does not count against the server", async () => {
    await using hung = await startRedis();
    const clock = new FakeClock();
    await using pool = openPool(hung, { clock, bulk: { maxUnanswered: 1 }, stallTimeoutMs: 60_000 });
    await pool.bulk.ready();
    hung.pause();
    const first = errorOf(pool.bulk.send(["INCR", "n"], { timeoutMs: 500 }));
    const second = errorOf(pool.bulk.send(["INCR", "n"], { timeoutMs: 100 }));
    const transaction = errorOf(pool.bulk.batch([["INCR", "n"]], { atomic: true, timeoutMs: 100 }));
    await clock.advance(120);
    for (const error of [await second, await transaction]) {
      expect(error).toBeInstanceOf(PoolExhaustedError);
      expect(error.message).toContain("maxUnanswered 1 reached");
      expect(classify(error)).toMatchObject({
        kind: "overload",
        outcome: "not-sent",
        countsAsFailure: false,
      });
    }
    await clock.advance(400);
    expect(await first).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT", outcome: "unknown" });
    hung.resume();
    await eventually(() => expect(pool.stats.bulk).toMatchObject({ inFlight: 0, bytesInFlight: 0 }));
    await expect(hung.call("GET", "n")).resolves.toBe("1");
  });

  test("a pipeline that was sent in part and gets no reply may have been executed", async () => {
    await using hung = await startRedis();
    const clock = new FakeClock();
    await using pool = openPool(hung, { clock, bulk: { maxUnanswered: 2 }, stallTimeoutMs: 60_000 });
    await pool.bulk.ready();
    hung.pause();
    const words = ["a", "b", "c", "d"].map((word): Command => ["RPUSH", "list", word]);
    const error = errorOf(pool.bulk.batch(words, { timeoutMs: 100 }));
    expect(pool.stats.bulk).toMatchObject({ inFlight: 4, waiting: 2 });
    await clock.advance(120);
    expect(await error).toMatchObject({ code: "FLEET_POOL_COMMAND_TIMEOUT", outcome: "unknown" });
    hung.resume();
    await eventually(() => expect(pool.stats.bulk.inFlight).toBe(0));
    await expect(hung.call("LRANGE", "list", "0", "-1")).resolves.toEqual(["a", "b"]);
  });

  test("whatever leaves or is refused meanwhile, each gets its own reply", async () => {
    await using pool = openPool(server, { bulk: { maxUnanswered: 3 }, maxReplyBytes: 400 });
    const random = seededRandom(7);
    const calls = Array.from({ length: 400 }, async (_, index) => {
      const word = `${index} `.repeat(Math.floor(random() * 150));
      const leaving = new AbortController();
      const atomic = random() < 0.5;
      const isBatch = random() < 0.3;
      if (random() < 0.2) setImmediate(() => leaving.abort(new Error("left")));
      const { signal } = leaving;
      try {
        const reply = isBatch
          ? await pool.bulk.batch(
              [
                ["ECHO", word],
                ["ECHO", "b"],
              ],
              { atomic, signal },
            )
          : [{ value: await pool.bulk.send(["ECHO", word], { signal }) }];
        return reply.every((slot, at) => "error" in slot || slot.value === [word, "b"][at]);
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        return code === "FLEET_POOL_REPLY_TOO_LARGE" || message === "left";
      }
    });
    expect(await Promise.all(calls)).toEqual(calls.map(() => true));
    expect(pool.stats.bulk).toMatchObject({ losses: 0 });
    await eventually(() => expect(pool.stats.bulk).toMatchObject({ inFlight: 0, bytesInFlight: 0 }));
  });
});
