import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { AwayError, LimitedError, PermanentError } from "../src/index.ts";
import { FakeGate } from "./engine/fake-gate.ts";
import { all, hear, idsFrom, MemorySink, openOn, thrown, workerOn } from "./scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

const one = { source: { kind: "range", from: 1, to: 50 }, chunkSize: 50 } as const;

describe("one bad id in a chunk of fifty", () => {
  test("is tried again alone while the other 49 are written, and ends as a dead letter", async () => {
    await using backfill = await openOn(server, one);
    const sink = new MemorySink();
    const asked: string[] = [];
    await using worker = workerOn(backfill, {
      sink,
      attempts: 4,
      fetch: async (id, { attempt }) => {
        asked.push(`${id}/${attempt}`);
        if (id === "7") throw new Error(`the hub chokes on ${id}`);
        return id;
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 50).filter((id) => id !== "7"));
    expect(sink.writes).toHaveLength(1);
    expect(asked.filter((each) => !each.startsWith("7/"))).toHaveLength(49);
    expect(asked.filter((each) => each.startsWith("7/"))).toEqual(["7/1", "7/2", "7/3", "7/4"]);
    expect(await all(backfill.deadLetters())).toMatchObject([
      { id: "7", reason: "attempts", attempts: 4, error: { message: "the hub chokes on 7" } },
    ]);
    expect(worker.stats).toMatchObject({ done: 49, retried: 3, dead: 1, held: 0 });
    expect((await backfill.status()).counts).toMatchObject({ retried: 3, dead: 1, done: 1 });
  });

  test("fails no other either when it is the sink that refuses it: each is written by itself then, nothing is fetched again", async () => {
    await using backfill = await openOn(server, one);
    const sink = new MemorySink();
    let fetched = 0;
    await using worker = workerOn(backfill, {
      fetch: async (id) => {
        fetched += 1;
        return id;
      },
      sink: {
        async write(records, options) {
          if (records.some(({ id }) => id === "7")) throw new PermanentError("value out of range");
          await sink.write(records, options);
        },
      },
    });
    await worker.start();
    expect(sink.ids).toEqual(idsFrom(1, 50).filter((id) => id !== "7"));
    expect(fetched).toBe(50);
    expect(await all(backfill.deadLetters())).toMatchObject([{ id: "7", reason: "permanent" }]);
  });

  test("that fails once is fetched once more and no other is", async () => {
    await using backfill = await openOn(server, one);
    const sink = new MemorySink();
    let fetched = 0;
    await using worker = workerOn(backfill, {
      sink,
      fetch: async (id, { attempt }) => {
        fetched += 1;
        if (id === "7" && attempt === 1) throw new Error("once");
        return id;
      },
    });
    await worker.start();
    expect(fetched).toBe(51);
    expect(sink.writes.map(({ ids, attempt }) => [ids.length, attempt])).toEqual([
      [49, 1],
      [1, 2],
    ]);
    expect(sink.writes[1]!.token).toBeGreaterThan(sink.writes[0]!.token);
  });
});

describe("a call", () => {
  test("that hangs ends at its deadline, is told so by its signal, and its slot is free again", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 } });
    const aborted: unknown[] = [];
    await using worker = workerOn(backfill, {
      attempts: 2,
      awayAttempts: 0,
      fetchTimeoutMs: 50,
      fetch: (id, { signal }) => {
        if (id !== "7") return Promise.resolve(id);
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return new Promise(() => undefined);
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(aborted).toMatchObject([
      { code: "FLEET_BACKFILL_CALL_TIMEOUT", call: "fetch" },
      { code: "FLEET_BACKFILL_CALL_TIMEOUT" },
    ]);
    expect(await all(backfill.deadLetters())).toMatchObject([
      { id: "7", error: { code: "FLEET_BACKFILL_CALL_TIMEOUT" } },
    ]);
  });

  test("that throws at once, or something that is no error, is a failure like any other", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 3 } });
    await using worker = workerOn(backfill, {
      attempts: 1,
      fetch: (id) => {
        if (id === "1") throw new Error("at once");
        // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error, typescript/prefer-promise-reject-errors -- users do
        return id === "2" ? Promise.reject("a word") : Promise.resolve(id);
      },
    });
    expect(await worker.start()).toBe("complete");
    const letters = await all(backfill.deadLetters());
    expect(new Set(letters.map(({ id, error }) => `${id}: ${error?.message}`))).toEqual(
      new Set(["1: at once", "2: a word"]),
    );
  });
});

describe("a hub that asks to be left alone", () => {
  test("is left alone by every worker for as long as it says, and no attempt is burnt", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 40 }, chunkSize: 1 });
    const calls: number[] = [];
    let refusedAt: number | undefined;
    const attempts = new Set<number>();
    const fetch = async (id: string, { attempt }: { attempt: number }): Promise<string> => {
      const now = performance.now();
      calls.push(now);
      attempts.add(attempt);
      if (calls.length === 10) {
        refusedAt = now;
        throw new LimitedError(400);
      }
      return id;
    };
    const limits = { requestsPerSecond: 200, burst: 1, hub: 2 };
    await using first = workerOn(backfill, { fetch, limits });
    await using second = workerOn(backfill, { fetch, limits });
    expect(await Promise.all([first.start(), second.start()])).toEqual(["complete", "complete"]);
    // Those that had been let go already may still arrive; after that nobody does.
    const during = calls.filter((at) => at > refusedAt! + 30 && at < refusedAt! + 395);
    expect(during).toEqual([]);
    expect(calls).toHaveLength(41);
    expect([...attempts]).toEqual([1]);
    expect(first.stats.limited + second.stats.limited).toBe(1);
  });

  test("for one id only has it at the end of the line: the others go on when the first pause is over", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 40 }, chunkSize: 1 });
    const events: string[] = [];
    const sink = new MemorySink();
    await using worker = workerOn(backfill, {
      sink,
      limits: { hub: 2, buffer: 4 },
      attempts: 3,
      awayAttempts: 5,
      fetch: async (id) => {
        events.push(id);
        if (id === "3") throw new LimitedError(100);
        return id;
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 40).filter((id) => id !== "3"));
    const tries = events.flatMap((id, at) => (id === "3" ? [at] : []));
    // One is pardoned; the others count, since the hub answered for others between them.
    expect(tries).toHaveLength(4);
    expect(tries[1]! - tries[0]!).toBeGreaterThan(2);
    expect(await all(backfill.deadLetters())).toMatchObject([{ id: "3", reason: "attempts", attempts: 3 }]);
  });

  test("is obeyed by all also where there is no rate", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 200 },
      chunkSize: 1,
    });
    const calls: number[] = [];
    let refusedAt: number | undefined;
    const fetch = async (id: string): Promise<string> => {
      calls.push(performance.now());
      await server.call("PING");
      if (calls.length > 20 && refusedAt === undefined) {
        refusedAt = performance.now();
        throw new LimitedError(300);
      }
      return id;
    };
    const limits = { buffer: 4, hub: 2 };
    await using first = workerOn(backfill, { fetch, limits });
    await using second = workerOn(backfill, { fetch, limits });
    await Promise.all([first.start(), second.start()]);
    const during = calls.filter((at) => at > refusedAt! + 50 && at < refusedAt! + 290);
    expect(during).toEqual([]);
  });
});

test("twenty workers share a range: each id is fetched and written once, and each worker has its part", async () => {
  await using backfill = await openOn(server, {
    source: { kind: "range", from: 1, to: 4000 },
    chunkSize: 10,
  });
  const sink = new MemorySink();
  const fetched = new Map<number, number>();
  const allBegan = Promise.withResolvers<void>();
  const workers = Array.from({ length: 20 }, (_, index) =>
    workerOn(backfill, {
      sink,
      limits: { claim: 2, buffer: 20 },
      fetch: async (id) => {
        fetched.set(index, (fetched.get(index) ?? 0) + 1);
        // Nobody goes on before all have begun.
        if (fetched.size === 20) allBegan.resolve();
        await allBegan.promise;
        return id;
      },
    }),
  );
  const ends = await Promise.all(workers.map((worker) => worker.start()));
  expect(new Set(ends)).toEqual(new Set(["complete"]));
  expect(sink.writes.flatMap(({ ids }) => ids)).toHaveLength(4000);
  expect(sink.ids).toEqual(idsFrom(1, 4000));
  expect(fetched.size).toBe(20);
  expect([...fetched.values()].reduce((sum, count) => sum + count)).toBe(4000);
  expect((await backfill.status()).counts).toMatchObject({ claimed: 400, done: 400, fenced: 0, crashed: 0 });
});

describe("the shared rate", () => {
  test("has no burst at the edge of a window: in no second more than the rate and its burst, by any number of workers", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 120 },
      chunkSize: 5,
    });
    const calls: number[] = [];
    const fetch = async (id: string): Promise<string> => {
      calls.push(performance.now());
      return id;
    };
    const limits = { requestsPerSecond: 50, burst: 1 };
    const workers = Array.from({ length: 3 }, () => workerOn(backfill, { fetch, limits }));
    const startedAt = performance.now();
    await Promise.all(workers.map((worker) => worker.start()));
    // Each call has its place in time: it may come late on a machine that is busy, never early.
    for (const [index, at] of calls.toSorted((a, b) => a - b).entries())
      expect(at - startedAt).toBeGreaterThan((index * 1000) / 50 - 20);
  });

  test("tells who waited", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 4 }, chunkSize: 4 });
    using limit = hear("limit");
    await using worker = workerOn(backfill, { limits: { requestsPerSecond: 40 } });
    await worker.start();
    expect(limit.messages).toHaveLength(3 + 1);
    expect(limit.messages.at(-1)).toMatchObject({ event: "waited", worker: worker.id });
    expect(limit.messages.at(-1)!.ms).toBeGreaterThan(30);
  });
});

describe("two stages with a limit each", () => {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  test("reach both limits at once", async () => {
    const [hub, database, fetchMs, writeMs] = [5, 8, 80, 120];
    const count = 150;
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: count },
      chunkSize: 1,
    });
    const most = { hub: 0, database: 0, both: false };
    const active = { hub: 0, database: 0 };
    const during = async (what: "hub" | "database", ms: number): Promise<void> => {
      active[what] += 1;
      most[what] = Math.max(most[what], active[what]);
      most.both ||= active.hub === hub && active.database >= Math.floor((hub / fetchMs) * writeMs);
      await sleep(ms);
      active[what] -= 1;
    };
    await using worker = workerOn(backfill, {
      limits: { hub, database },
      fetch: async (id) => {
        await during("hub", fetchMs);
        return id;
      },
      sink: { write: () => during("database", writeMs) },
    });
    await worker.start();
    expect(most).toMatchObject({ hub, both: true });
    expect(most.database).toBeLessThanOrEqual(database);
  });

  test("a sink that is down stops the calls to the hub: what is in flight is bounded by the buffer", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 1000 },
      chunkSize: 5,
    });
    const down = Promise.withResolvers<void>();
    let fetched = 0;
    await using worker = workerOn(backfill, {
      limits: { buffer: 50, database: 2 },
      fetch: async (id) => {
        fetched += 1;
        return id;
      },
      sink: { write: () => down.promise },
    });
    const end = worker.start();
    await eventually(() => expect(worker.stats.pressure).toBeGreaterThanOrEqual(0.9));
    await eventually(() => expect(worker.stats).toMatchObject({ hub: { used: 0 }, database: { used: 2 } }));
    // Two batches at the sink, and a buffer that is claimed into only while it is less than nine tenths full.
    expect(fetched).toBeLessThanOrEqual(2 * 5 + 50);
    expect(worker.stats).toMatchObject({ share: 0, database: { used: 2, limit: 2 } });
    expect((await backfill.status()).chunks.handedOut).toBeLessThanOrEqual(12);
    down.resolve();
    expect(await end).toBe("complete");
  });
});

describe("a breaker that is open", () => {
  test("for the hub: nothing is claimed, what is claimed waits, and no attempt is burnt", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 100 },
      chunkSize: 5,
    });
    const gate = new FakeGate();
    gate.isOpen = true;
    const attempts: number[] = [];
    const sink = new MemorySink();
    await using worker = workerOn(backfill, {
      sink,
      gates: { hub: gate },
      fetch: async (id, { attempt }) => {
        attempts.push(attempt);
        return id;
      },
    });
    const end = worker.start();
    await eventually(() => expect(gate.asked).toBeGreaterThan(3));
    expect(await backfill.status()).toMatchObject({ chunks: { handedOut: 0 } });
    gate.isOpen = false;
    await eventually(() => expect(attempts.length).toBeGreaterThan(0));
    expect(await end).toBe("complete");
    expect(attempts.every((attempt) => attempt === 1)).toBe(true);
    expect(gate.outcomes.filter((each) => each === "success")).toHaveLength(100);
  });

  test("opening in the middle: what meets nobody counts against no id, and claims wait for a probe", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 60 }, chunkSize: 5 });
    const gate = new FakeGate({ opensAfter: 3 });
    let isDown = false;
    let fetched = 0;
    let failures = 0;
    const attempts: number[] = [];
    await using worker = workerOn(backfill, {
      attempts: 3,
      gates: { hub: gate },
      limits: { buffer: 20 },
      fetch: async (id, { attempt }) => {
        attempts.push(attempt);
        fetched += 1;
        if (fetched === 20) isDown = true;
        if (!isDown) return id;
        failures += 1;
        throw new AwayError("ECONNREFUSED");
      },
    });
    const end = worker.start();
    await eventually(() => expect(failures).toBeGreaterThan(12));
    // One for each probe, and those that opened it.
    expect(worker.stats.claimed).toBeLessThanOrEqual(12 + failures);
    isDown = false;
    expect(await end).toBe("complete");
    expect(await all(backfill.deadLetters())).toEqual([]);
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(worker.stats.retried).toBe(0);
  });

  test("for the database: it holds up what is fetched, and claims stop", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 500 },
      chunkSize: 5,
    });
    const gate = new FakeGate();
    const sink = new MemorySink();
    let isDown = true;
    await using worker = workerOn(backfill, {
      gates: { database: gate },
      limits: { buffer: 40 },
      sink: {
        async write(records, options) {
          if (!isDown) return sink.write(records, options);
          gate.isOpen = true;
          throw new Error("the database is gone");
        },
      },
    });
    const end = worker.start();
    await eventually(() => expect(gate.isOpen).toBe(true));
    await eventually(() => expect(worker.stats.gates.database).toBe(false));
    const { handedOut } = (await backfill.status()).chunks;
    expect(handedOut).toBeLessThan(30);
    isDown = false;
    gate.isOpen = false;
    expect(await end).toBe("complete");
    expect(sink.ids).toHaveLength(500);
    expect(sink.writes.every(({ attempt }) => attempt === 1)).toBe(true);
  });
});

describe("pressure", () => {
  test.for([
    [0, 8],
    [0.5, 4],
    [0.75, 2],
    [0.9, 0],
    [Number.NaN, 0],
  ])("of %d leaves claims of %d out of 8 chunks", async ([pressure, chunks]) => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 100 },
      chunkSize: 1,
    });
    using turns = hear("turn");
    const hold = Promise.withResolvers<void>();
    await using worker = workerOn(backfill, {
      limits: { claim: 8, buffer: 1000 },
      pressure: () => (turns.messages.some(({ claimed }) => claimed > 0) ? 1 : pressure!),
      fetch: () => hold.promise,
    });
    void worker.start();
    await eventually(() => expect(worker.stats).toMatchObject({ held: chunks, state: "running" }));
    await eventually(() => expect(worker.stats.share).toBe(0));
    expect((await backfill.status()).chunks.handedOut).toBe(chunks);
    hold.resolve();
    await worker.close({ graceMs: 0 });
  });
});

describe("the completion", () => {
  test("does not come while a retry or a lease is outstanding, whoever asks", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 } });
    const hold = Promise.withResolvers<void>();
    let failed = 0;
    await using slow = workerOn(backfill, {
      limits: { claim: 1, buffer: 10 },
      retryMinDelayMs: 300,
      retryMaxDelayMs: 300,
      fetch: async (id) => {
        if (id === "3" && failed === 0) {
          failed += 1;
          throw new Error("once");
        }
        if (id === "15") await hold.promise;
        return id;
      },
    });
    const ends = [slow.start()];
    await eventually(async () => expect((await backfill.status()).chunks.handedOut).toBe(2));
    await using watcher = workerOn(backfill);
    let isThrough = false;
    ends.push(watcher.start().finally(() => (isThrough = true)));
    await eventually(async () =>
      expect((await backfill.status()).chunks).toMatchObject({ retrying: 0, done: 1 }),
    );
    expect(isThrough).toBe(false);
    hold.resolve();
    expect(await Promise.all(ends)).toEqual(["complete", "complete"]);
    expect(await backfill.status()).toMatchObject({ state: "complete", chunks: { done: 2 } });
  });

  test("wakes a worker that only waits", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 10 } });
    const hold = Promise.withResolvers<void>();
    await using busy = workerOn(backfill, { fetch: () => hold.promise });
    const first = busy.start();
    await eventually(() => expect(busy.stats.held).toBe(1));
    await using waiting = workerOn(backfill);
    const second = waiting.start();
    await eventually(() => expect(waiting.stats.state).toBe("waiting"));
    hold.resolve();
    await first;
    expect(await second).toBe("complete");
  });

  test("is not waited for by a worker that is to stay", async () => {
    await using backfill = await openOn(server);
    const worker = workerOn(backfill, { exitOnComplete: false });
    const end = worker.start();
    await eventually(() => expect(worker.stats).toMatchObject({ done: 100, state: "waiting" }));
    await worker.close();
    expect(await end).toBe("stopped");
  });
});

describe("closing", () => {
  test("hands back what has not begun at once, lets the rest finish, and the next worker has it long before the lease is over", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 40 } });
    const hold = Promise.withResolvers<void>();
    const sink = new MemorySink();
    const attempts = new Set<number>();
    await using leaving = workerOn(backfill, {
      sink,
      limits: { hub: 1 },
      fetch: async (id) => {
        await hold.promise;
        return id;
      },
    });
    const end = leaving.start();
    await eventually(() => expect(leaving.stats.held).toBe(4));
    await using next = workerOn(backfill, {
      sink,
      fetch: async (id, { attempt }) => {
        attempts.add(attempt);
        return id;
      },
    });
    const nextEnd = next.start();
    await eventually(() => expect(next.stats.state).toBe("waiting"));
    const closing = leaving.close({ graceMs: 5000 });
    await eventually(() => expect(next.stats.done).toBe(30));
    hold.resolve();
    await closing;
    expect(await end).toBe("stopped");
    expect(await nextEnd).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 40));
    expect([...attempts]).toEqual([1]);
    expect(leaving.stats).toMatchObject({ state: "closed", handedBack: 3, done: 10, held: 0 });
    expect(await backfill.status()).toMatchObject({ workers: [], counts: { crashed: 0, handedBack: 3 } });
  });

  test("aborts what does not finish within the grace and hands it back with what is through", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 10 } });
    const sink = new MemorySink();
    const aborted: unknown[] = [];
    const worker = workerOn(backfill, {
      sink,
      fetch: async (id, { signal }) => {
        if (id === "3") return undefined;
        if (id === "7") signal.addEventListener("abort", () => aborted.push(id));
        return id === "7" ? new Promise(() => undefined) : id;
      },
    });
    const end = worker.start();
    await eventually(() => expect(worker.stats.hub.used).toBe(1));
    await worker.close({ graceMs: 50 });
    expect(await end).toBe("stopped");
    expect(aborted).toEqual(["7"]);
    expect(await backfill.inspect("3")).toEqual({ state: "empty" });
    expect(await backfill.inspect("7")).toMatchObject({ state: "waiting", attempts: 0, dueInMs: 0 });
    await using next = workerOn(backfill, { sink });
    expect(await next.start()).toBe("complete");
    expect(sink.ids).toHaveLength(9);
  });

  test("leaves nothing open, and is one promise", async () => {
    await using backfill = await openOn(server);
    const hold = Promise.withResolvers<void>();
    const worker = workerOn(backfill, { fetch: () => hold.promise });
    const end = worker.start();
    await eventually(() => expect(worker.stats.held).toBeGreaterThan(0));
    const closing = worker.close({ graceMs: 0 });
    expect(worker.close()).toBe(closing);
    await closing;
    await backfill.close();
    expect(await end).toBe("stopped");
    hold.resolve();
    await eventually(() =>
      expect(process.getActiveResourcesInfo().filter((kind) => /^TCP|^Timeout/.test(kind))).toEqual([]),
    );
    expect(await thrown(worker.start())).toMatchObject({ code: "FLEET_BACKFILL_CLOSED" });
  });

  test("by a signal is the same", async () => {
    await using backfill = await openOn(server);
    const stop = new AbortController();
    const hold = Promise.withResolvers<void>();
    const worker = workerOn(backfill, { fetch: () => hold.promise });
    const end = worker.start({ signal: stop.signal });
    await eventually(() => expect(worker.stats.held).toBeGreaterThan(0));
    stop.abort();
    hold.resolve();
    expect(await end).toBe("stopped");
    expect(await thrown(worker.start())).toMatchObject({ code: "FLEET_BACKFILL_CLOSED" });
  });

  test("a worker that was never started closes too, and one that runs is not started twice", async () => {
    await using backfill = await openOn(server);
    await workerOn(backfill).close();
    await using worker = workerOn(backfill);
    const end = worker.start();
    expect(await thrown(worker.start())).toMatchObject({ code: "FLEET_BACKFILL_CLOSED" });
    await end;
  });
});

test.for<[string, Record<string, unknown>, string]>([
  ["no fetch", { fetch: undefined }, "fetch must be a function"],
  ["no sink", { sink: {} }, "sink must be a sink with write()"],
  ["a limit of nothing", { limits: { hub: 0 } }, "hub must be a whole number of at least 1"],
  ["no rate", { limits: { requestsPerSecond: 0 } }, "requestsPerSecond must be a number above 0"],
  ["a crash limit that blames at once", { crashLimit: 1 }, "crashLimit must be a whole number of at least 2"],
  ["a lease too short to keep", { leaseMs: 10 }, "leaseMs must be milliseconds from 100"],
  ["delays the wrong way round", { retryMinDelayMs: 10, retryMaxDelayMs: 5 }, "retryMaxDelayMs"],
  ["a breaker that is none", { gates: { hub: {} } }, "gates.hub must be a breaker"],
  ["a pressure that is a number", { pressure: 0.5 }, "pressure must be a function"],
])("a worker with a bad option is refused: %s", async ([, options, words]) => {
  await using backfill = await openOn(server);
  expect(() => workerOn(backfill, options)).toThrow(words);
});
