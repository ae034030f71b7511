import { type RedisServer, startRedis } from "@fleet/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import {
  AwayError,
  type Backfill,
  type Fetch,
  LimitedError,
  PermanentError,
  type Source,
} from "../src/index.ts";
import { FakeGate } from "./engine/fake-gate.ts";
import { all, idsFrom, MemorySink, openOn, workerOn } from "./scene.ts";

vi.setConfig({ testTimeout: 60_000 });

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

/** With breakers as they are by default: five failures, five attempts. */
const gates = (): { readonly hub: FakeGate; readonly database: FakeGate } => ({
  hub: new FakeGate({ opensAfter: 5 }),
  database: new FakeGate({ opensAfter: 5 }),
});

/** A sink that refuses any write with one of these ids in it. */
class PickySink extends MemorySink {
  readonly #refused: ReadonlySet<string>;
  readonly #error: () => Error;

  constructor(refused: ReadonlySet<string>, error: () => Error) {
    super();
    this.#refused = refused;
    this.#error = error;
  }

  override async write(...[records, options]: Parameters<MemorySink["write"]>): Promise<void> {
    if (records.some(({ id }) => this.#refused.has(id))) throw this.#error();
    return super.write(records, options);
  }
}

const sorted = (ids: Iterable<string>): readonly string[] =>
  [...ids].toSorted((a, b) => Number(a) - Number(b));

async function deadOf(backfill: Backfill): Promise<readonly string[]> {
  return sorted((await all(backfill.deadLetters())).map(({ id }) => id));
}

const errors: Readonly<Record<string, () => Error>> = {
  "an error": () => new Error("the hub answered 500"),
  "an away for this id only": () => new AwayError("the hub answered 503"),
  "a refused connection": () =>
    new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) }),
};

const patterns: readonly (readonly [string, number, (id: number) => boolean])[] = [
  ["the only id", 1, () => true],
  ["the last of two", 2, (id) => id === 2],
  ["the first", 60, (id) => id === 1],
  ["the last ten", 200, (id) => id > 190],
  ["one in a hundred", 300, (id) => id % 100 === 50],
  ["one in ten", 200, (id) => id % 10 === 0],
  ["every id", 8, () => true],
];

describe.for(Object.entries(errors))("ids that always fail, with %s", ([, error]) => {
  test.for(patterns)(
    "%s: the run ends, they are dead letters, the others are written",
    async ([, to, isBad]) => {
      await using backfill = await openOn(server, { source: { kind: "range", from: 1, to }, chunkSize: 50 });
      const sink = new MemorySink();
      const tries = new Map<string, number>();
      await using worker = workerOn(backfill, {
        sink,
        gates: gates(),
        fetch: async (id, { attempt }) => {
          tries.set(id, Math.max(attempt, tries.get(id) ?? 0));
          if (isBad(Number(id))) throw error();
          return id;
        },
      });
      expect(await worker.start()).toBe("complete");
      const bad = idsFrom(1, to).filter((id) => isBad(Number(id)));
      expect(await deadOf(backfill)).toEqual(bad);
      expect(sink.ids).toEqual(idsFrom(1, to).filter((id) => !bad.includes(id)));
      expect(bad.map((id) => tries.get(id))).toEqual(bad.map(() => 5));
      expect(worker.stats.dead).toBe(bad.length);
    },
  );

  test.for(patterns)("%s, in the sink: likewise", async ([, to, isBad]) => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to }, chunkSize: 50 });
    const bad = idsFrom(1, to).filter((id) => isBad(Number(id)));
    const sink = new PickySink(new Set(bad), error);
    await using worker = workerOn(backfill, { sink, gates: gates() });
    expect(await worker.start()).toBe("complete");
    expect(await deadOf(backfill)).toEqual(bad);
    expect(sink.ids).toEqual(idsFrom(1, to).filter((id) => !bad.includes(id)));
  });
});

test("dead letters that are tried again and still bad are dead letters again", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 100 } });
  let fails = 0;
  const fetch: Fetch<unknown> = async (id) => {
    if (Number(id) <= 90) return id;
    fails += 1;
    throw new Error("bad");
  };
  for (const round of [1, 2]) {
    await using worker = workerOn(backfill, { gates: gates(), fetch });
    expect(await worker.start()).toBe("complete");
    expect(await deadOf(backfill)).toEqual(idsFrom(91, 100));
    expect(fails).toBe(round * 10 * 5);
    expect(await backfill.retry()).toBe(10);
  }
});

test("two workers, hub and sink bad for others: the run ends with exactly those dead", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 300 }, chunkSize: 20 });
  const sink = new PickySink(new Set(["7", "299", "300"]), () => new Error("a constraint"));
  const workers = [1, 2].map(() =>
    workerOn(backfill, {
      sink,
      gates: gates(),
      fetch: async (id) => {
        if (["3", "150", "298"].includes(id)) throw new Error("bad");
        if (id === "151") throw new PermanentError("never");
        return id;
      },
    }),
  );
  expect(await Promise.all(workers.map((worker) => worker.start()))).toEqual(["complete", "complete"]);
  await Promise.all(workers.map((worker) => worker.close()));
  expect(await deadOf(backfill)).toEqual(["3", "7", "150", "151", "298", "299", "300"]);
  expect(sink.ids).toHaveLength(293);
});

describe("a bad job among good ones", () => {
  const jobs = ["good-0", "bad", ...Array.from({ length: 10 }, (_, at) => `good-${at + 1}`)];

  test.for<[string, Source]>([
    ["a list", { kind: "list", key: "jobs" }],
    ["a stream", { kind: "stream", key: "jobs", group: "workers" }],
    ["ids", { kind: "ids", ids: jobs }],
  ])("of %s never opens the breaker, and is a dead letter while the others are done", async ([, source]) => {
    using redis = new (class extends Redis {
      [Symbol.dispose](): void {
        this.disconnect();
      }
    })(server.port, server.host);
    if (source.kind === "list") await redis.lpush("jobs", ...jobs);
    if (source.kind === "stream") for (const job of jobs) await redis.xadd("jobs", "*", "job", job);
    await using backfill = await openOn(server, { source });
    const { hub, database } = gates();
    const done: string[] = [];
    let bad = 0;
    await using worker = workerOn(backfill, {
      exitOnComplete: true,
      gates: { hub, database },
      fetch: async (id, { fields }) => {
        const job = fields?.["job"] ?? id;
        if (job === "bad") {
          bad += 1;
          throw new Error("HTTP 500");
        }
        done.push(job);
        return job;
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(done.toSorted()).toEqual(jobs.filter((job) => job !== "bad").toSorted());
    expect(await all(backfill.deadLetters())).toMatchObject([{ reason: "attempts", attempts: 5 }]);
    expect(bad).toBe(5);
    // To the breaker only its first failure is news.
    expect(hub.outcomes.filter((outcome) => outcome === "failure")).toHaveLength(1);
  });
});

describe("a hub that is away for everything", () => {
  test.for([1, 3, 60])(
    "with %d ids left burns no attempt, and nothing is lost when it is back",
    async (to) => {
      await using backfill = await openOn(server, { source: { kind: "range", from: 1, to }, chunkSize: 5 });
      const attempts: number[] = [];
      let failures = 0;
      await using worker = workerOn(backfill, {
        gates: gates(),
        attempts: 2,
        awayAttempts: 1000,
        limits: { buffer: 20 },
        fetch: async (id, { attempt }) => {
          attempts.push(attempt);
          failures += 1;
          if (failures <= 40) throw errors["a refused connection"]!();
          return id;
        },
      });
      expect(await worker.start()).toBe("complete");
      expect(await deadOf(backfill)).toEqual([]);
      expect(new Set(attempts)).toEqual(new Set([1]));
      expect(worker.stats).toMatchObject({ done: to, retried: 0, dead: 0 });
    },
  );

  test("and a sink that is away keeps what was fetched: the hub is not asked again", async () => {
    await using backfill = await openOn(server, {
      source: { kind: "range", from: 1, to: 50 },
      chunkSize: 10,
    });
    const sink = new MemorySink();
    let [fetched, tries] = [0, 0];
    await using worker = workerOn(backfill, {
      gates: gates(),
      awayAttempts: 1000,
      fetch: async (id) => {
        fetched += 1;
        return id;
      },
      sink: {
        async write(records, options) {
          tries += 1;
          if (tries <= 30) throw new AwayError("the database is gone");
          return sink.write(records, options);
        },
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(fetched).toBe(50);
    expect(sink.writes.map(({ ids, attempt }) => [ids.length, attempt])).toEqual(
      Array.from({ length: 5 }, () => [10, 1]),
    );
    expect(worker.stats.retried).toBe(0);
  });

  test("is pardoned by another worker as often as is left: the count stands in Redis", async () => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 1 } });
    const failing = async (): Promise<never> => {
      throw new AwayError("gone");
    };
    for (const tries of [3, 4]) {
      let left = tries;
      await using worker = workerOn(backfill, {
        attempts: 2,
        fetch: async () => {
          left -= 1;
          if (left === 0) void worker.close();
          return failing();
        },
      });
      expect(await worker.start()).toBe("stopped");
    }
    // 5 pardons and 2 attempts are 7 tries.
    expect(await deadOf(backfill)).toEqual(["1"]);
  });
});

test("an id that a hub always asks to come back for is given up in the end", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 } });
  const sink = new MemorySink();
  await using worker = workerOn(backfill, {
    sink,
    awayAttempts: 2,
    attempts: 2,
    fetch: async (id) => {
      if (id === "7") throw new LimitedError(1);
      return id;
    },
  });
  expect(await worker.start()).toBe("complete");
  expect(await deadOf(backfill)).toEqual(["7"]);
  expect(sink.ids).toHaveLength(19);
});

test("a record for which the sink is away delays no other of its chunk: after its second failure each is written by itself", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 10 }, chunkSize: 10 });
  const sink = new PickySink(new Set(["7"]), () => new AwayError("the sink is away for this one"));
  const writes: number[] = [];
  await using worker = workerOn(backfill, {
    // A side that never recovers would rest for as long as there are pardons.
    awayAttempts: 100,
    sink: {
      write: async (records, options) => {
        writes.push(records.length);
        return sink.write(records, options);
      },
    },
  });
  expect(await worker.start()).toBe("complete");
  expect(sink.ids).toEqual(idsFrom(1, 10).filter((id) => id !== "7"));
  expect(writes.slice(0, 3)).toEqual([10, 10, 1]);
  expect(await deadOf(backfill)).toEqual(["7"]);
});

test("and after its first failure, where others are written meanwhile", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 }, chunkSize: 10 });
  const sink = new MemorySink();
  const passed = Promise.withResolvers<void>();
  const writes: number[] = [];
  await using worker = workerOn(backfill, {
    sink: {
      write: async (records, options) => {
        writes.push(records.length);
        if (records.some(({ id }) => id === "7")) {
          await passed.promise;
          throw new AwayError("the sink is away for this one");
        }
        await sink.write(records, options);
        passed.resolve();
      },
    },
  });
  expect(await worker.start()).toBe("complete");
  expect(sink.ids).toEqual(idsFrom(1, 20).filter((id) => id !== "7"));
  expect(writes.slice(0, 3)).toEqual([10, 10, 1]);
  expect(writes.filter((many) => many > 1)).toHaveLength(2);
  expect(await deadOf(backfill)).toEqual(["7"]);
});

test("thirty bad ids before the good ones make the breaker open a few times, not once for each", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 40 }, chunkSize: 1 });
  const hub = new FakeGate({ opensAfter: 5 });
  const sink = new MemorySink();
  let failuresBefore = 0;
  await using worker = workerOn(backfill, {
    sink,
    attempts: 1,
    awayAttempts: 1,
    gates: { hub },
    fetch: async (id) => {
      if (Number(id) <= 30) throw new AwayError("the hub answered 502");
      if (failuresBefore === 0) failuresBefore = hub.outcomes.filter((each) => each === "failure").length;
      return id;
    },
  });
  expect(await worker.start()).toBe("complete");
  expect(sink.ids).toEqual(idsFrom(31, 40));
  expect(failuresBefore).toBeGreaterThanOrEqual(5);
  expect(failuresBefore).toBeLessThan(20);
});
