import { eventually, type RedisServer, seededRandom, startRedis } from "@fleet/testkit";
import { backoff } from "@fleet/time";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { BackfillOptions } from "../src/index.ts";
import { FakeGate } from "./engine/fake-gate.ts";
import { Actor, chunksOf } from "./protocol/actor.ts";
import { openScripts } from "./protocol/script-scene.ts";
import { all, idsFrom, MemorySink, openOn, workerOn } from "./scene.ts";

// What the program that this one follows did wrong, one by one.

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

const range = (to: number): { readonly source: { kind: "range"; from: number; to: number } } => ({
  source: { kind: "range", from: 1, to },
});

/** How often each command was executed while `work` was done, scripts' own included. */
async function commandsOf(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  await server.call("CONFIG", "RESETSTAT");
  await work();
  const stats = String(await server.call("INFO", "commandstats"));
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]),
  );
}

test("1: taking work is one step, so no crash between two can lose it", async () => {
  using scene = await openScripts(server, { ...range(10), chunkSize: 1 });
  const actor = new Actor("a", scene.run, scene.link);
  const stats = await commandsOf(() => actor.turn({ want: 3 }));
  expect(stats["evalsha"]! + (stats["eval"] ?? 0)).toBeLessThanOrEqual(2);
  const { keys } = scene.run;
  expect(await server.call("GET", keys.cursor)).toBe("3");
  expect(await server.call("ZRANGE", keys.lease, "0", "-1")).toEqual(["0", "1", "2"]);
  // A worker that died before it heard the answer: all three come back.
  await server.call("ZADD", keys.lease, "1", "0", "1", "1", "1", "2");
  const other = new Actor("b", scene.run, scene.link);
  const taken = chunksOf(await other.turn({ want: 3 })).map(({ chunk }) => chunk);
  expect(taken.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});

test("2: a failure is not acknowledged: it is tried again, later each time, and given up at a limit, on record", async () => {
  await using backfill = await openOn(server, range(10));
  const tries: number[] = [];
  await using worker = workerOn(backfill, {
    attempts: 3,
    retryMinDelayMs: 40,
    retryMaxDelayMs: 1000,
    fetch: (id) => {
      if (id !== "4") return Promise.resolve(id);
      tries.push(performance.now());
      return Promise.reject(new Error("500"));
    },
  });
  expect(await worker.start()).toBe("complete");
  expect(tries).toHaveLength(3);
  expect(await all(backfill.deadLetters())).toMatchObject([{ id: "4", attempts: 3, reason: "attempts" }]);
});

test("3: acknowledging costs the same whatever is in flight, and no list is read from end to end", async () => {
  using scene = await openScripts(server, { ...range(100_000), chunkSize: 1 });
  const actor = new Actor("a", scene.run, scene.link);
  const few = await actor.turn({ want: 10 });
  const costOf = async (reply: typeof few): Promise<Readonly<Record<string, number>>> =>
    commandsOf(() =>
      actor.turn({ done: chunksOf(reply).map(({ chunk }) => [chunk, reply.token!] as const), want: 10 }),
    );
  const second = await actor.turn({ want: 10 });
  const alone = await costOf(few);
  for (let times = 0; times < 20; times += 1)
    await new Actor(`w${times}`, scene.run, scene.link).turn({ want: 500 });
  const crowded = await costOf(second);
  expect(await server.call("ZCARD", scene.run.keys.lease)).toBeGreaterThan(10_000);
  expect(crowded).toEqual(alone);
  expect(Object.keys(crowded)).not.toContain("lrange");
});

describe("4: a lease that ran out", () => {
  test("is taken up by exactly one of two who see it at the same moment", async () => {
    using scene = await openScripts(server, { ...range(20), chunkSize: 1 });
    await new Actor("dead", scene.run, scene.link).turn({ want: 20 });
    for (const chunk of idsFrom(0, 19)) await server.call("ZADD", scene.run.keys.lease, "1", chunk);
    const others = Array.from({ length: 4 }, (_, at) => new Actor(`w${at}`, scene.run, scene.link));
    const taken: number[] = [];
    for (let times = 0; times < 6; times += 1) {
      const replies = await Promise.all(others.map((actor) => actor.turn({ suspect: true, want: 20 })));
      taken.push(...replies.flatMap((reply) => chunksOf(reply).map(({ chunk }) => chunk)));
    }
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, chunk) => chunk));
  });

  test("is not acknowledged, extended or failed by who had it before", async () => {
    using scene = await openScripts(server, { ...range(1), chunkSize: 1 });
    const before = new Actor("before", scene.run, scene.link);
    const { token: old } = await before.turn({ want: 1 });
    await server.call("ZADD", scene.run.keys.lease, "1", "0");
    const after = new Actor("after", scene.run, scene.link);
    const { token } = await after.turn({ want: 1 });
    expect(Number(token)).toBeGreaterThan(Number(old));
    expect(await before.extend([[0, old!]])).toEqual([0]);
    expect(await before.turn({ done: [[0, old!]] })).toMatchObject({ fenced: [0] });
    expect(
      await before.turn({ settlements: [{ chunk: 0, token: old!, outcome: "later", delayMs: 0 }] }),
    ).toMatchObject({ fenced: [0] });
    // Nor by another worker that knows the token.
    expect(await before.turn({ done: [[0, token!]] })).toMatchObject({ fenced: [0] });
    expect(await after.turn({ done: [[0, token!]] })).toMatchObject({ state: "complete" });
  });

  test("does not run out while its worker lives, however long the work takes", async () => {
    await using backfill = await openOn(server, range(10));
    const sink = new MemorySink();
    const expiry = async (): Promise<number> => Number(await server.call("ZSCORE", "bf:{casts}:lease", "0"));
    await using slow = workerOn(backfill, {
      sink,
      leaseMs: 300,
      fetch: async (id) => {
        if (id === "1") {
          // Until it has been extended to where three leases more would have been over.
          const before = await expiry();
          await eventually(async () => {
            if ((await expiry()) <= before + 3 * 300) throw new Error("the lease was not extended so far");
          });
        }
        return id;
      },
    });
    await using other = workerOn(backfill, { sink, leaseMs: 300 });
    expect(await Promise.all([slow.start(), other.start()])).toEqual(["complete", "complete"]);
    expect(sink.writes.flatMap(({ ids }) => ids)).toHaveLength(10);
    expect((await backfill.status()).counts).toMatchObject({ claimed: 1, crashed: 0 });
  });
});

test("5: a chunk that is done in part goes on with the rest: no id is dropped, none that is done is done again", async () => {
  await using backfill = await openOn(server, range(50));
  const sink = new MemorySink();
  await using worker = workerOn(backfill, {
    sink,
    attempts: 10,
    fetch: async (id, { attempt }) => {
      if (Number(id) % 3 >= attempt) throw new Error("not yet");
      return id;
    },
  });
  await worker.start();
  expect(sink.ids).toEqual(idsFrom(1, 50));
  expect(sink.writes.flatMap(({ ids }) => ids)).toHaveLength(50);
});

test("6: the permit for the hub is given back before the one for the database is waited for", async () => {
  await using backfill = await openOn(server, { ...range(40), chunkSize: 1 });
  const down = Promise.withResolvers<void>();
  await using worker = workerOn(backfill, {
    limits: { hub: 1, database: 1 },
    sink: { write: () => down.promise },
  });
  const end = worker.start();
  await eventually(() => expect(worker.stats).toMatchObject({ hub: { used: 0 }, database: { used: 1 } }));
  await eventually(() => expect(worker.stats.buffer.used).toBeGreaterThan(30));
  down.resolve();
  await end;
});

describe("7: chance", () => {
  test("decides about every delay between nothing and the doubled one, for each worker differently", () => {
    const [one, two] = [seededRandom(1), seededRandom(2)];
    const bounds = { minMs: 100, maxMs: 5000 };
    const delays = Array.from({ length: 200 }, () => backoff(3, { ...bounds, random: one }));
    expect(Math.max(...delays)).toBeGreaterThan(760);
    expect(Math.max(...delays)).toBeLessThanOrEqual(800);
    expect(Math.min(...delays)).toBeLessThan(40);
    expect(new Set(delays).size).toBe(200);
    expect(backoff(3, { ...bounds, random: two })).not.toBe(delays[0]);
    expect(
      Math.max(...Array.from({ length: 200 }, () => backoff(60, { ...bounds, random: one }))),
    ).toBeLessThanOrEqual(5000);
  });

  test("and the number of requests per second is one that is kept", async () => {
    await using backfill = await openOn(server, { ...range(30), chunkSize: 5 });
    const startedAt = performance.now();
    await using worker = workerOn(backfill, { limits: { requestsPerSecond: 40, burst: 1 } });
    await worker.start();
    expect(performance.now() - startedAt).toBeGreaterThan((29 / 40) * 1000 - 60);
  });
});

test("8: breaker and pressure are asked before work is taken, not only in their own tests", async () => {
  await using backfill = await openOn(server);
  const gate = new FakeGate();
  let pressed = 0;
  await using worker = workerOn(backfill, {
    gates: { hub: gate, database: gate },
    pressure: () => {
      pressed += 1;
      return 0;
    },
  });
  await worker.start();
  expect(pressed).toBeGreaterThan(0);
  expect(gate.outcomes.filter((outcome) => outcome === "success")).toHaveLength(100 + 10);
});

test("9: a run of four thousand million ids costs what a small one costs, and a few hundred bytes", async () => {
  const of = (to: number): Partial<BackfillOptions> => ({
    source: { kind: "range", from: 0, to },
    chunkSize: 50,
  });
  const costOf = (to: number): Promise<Readonly<Record<string, number>>> =>
    commandsOf(async () => {
      await using _run = await openOn(server, of(to));
    });
  const small = await costOf(9);
  await server.call("FLUSHALL");
  expect(await costOf(2 ** 32 - 1)).toEqual(small);
  await using backfill = await openOn(server, of(2 ** 32 - 1));
  expect(await server.call("DBSIZE")).toBe(2);
  expect(await backfill.status()).toMatchObject({ chunks: { total: 85_899_346 }, ids: { total: 2 ** 32 } });
});

test("10: what it has done it can prove: the bitmap, the sink and the counts agree", async () => {
  await using backfill = await openOn(server, range(1000));
  const sink = new MemorySink();
  const workers = Array.from({ length: 5 }, () =>
    workerOn(backfill, { sink, limits: { claim: 2, buffer: 20 } }),
  );
  await Promise.all(workers.map((worker) => worker.start()));
  const { counts } = await backfill.status();
  expect(await backfill.verify(sink.ids)).toMatchObject({ clean: true, done: 1000, seen: 1000 });
  expect(counts).toMatchObject({ claimed: 100, done: 100 });
  expect(workers.reduce((sum, { stats }) => sum + stats.done, 0)).toBe(1000);
});
