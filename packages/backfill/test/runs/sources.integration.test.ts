import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Backfill, PermanentError } from "../../src/index.ts";
import { all, connectTo, idsFrom, MemorySink, openOn, thrown, workerOn } from "../scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

const stream = { source: { kind: "stream", key: "events", group: "backfill" }, chunkSize: 5 } as const;
const list = { source: { kind: "list", key: "jobs" }, chunkSize: 5 } as const;

/** Entries `{ cast: 1 }` and so on. */
async function addEntries(from: number, to: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const cast of idsFrom(from, to))
    ids.push(String(await server.call("XADD", "events", "*", "cast", cast)));
  return ids;
}

const pending = async (): Promise<number> =>
  ((await server.call("XPENDING", "events", "backfill")) as [number])[0];

describe("a stream", () => {
  test("is read by a group of its own, each entry with its fields, and acknowledged when it is written", async () => {
    const ids = await addEntries(1, 23);
    await using backfill = await openOn(server, stream);
    const sink = new MemorySink();
    const casts: string[] = [];
    await using worker = workerOn(backfill, {
      sink,
      exitOnComplete: true,
      fetch: async (id, { fields }) => {
        casts.push(fields!["cast"]!);
        return id;
      },
    });
    expect(await worker.start()).toBe("complete");
    expect([...sink.records.keys()].toSorted()).toEqual(ids.toSorted());
    expect(casts.toSorted((a, b) => Number(a) - Number(b))).toEqual(idsFrom(1, 23));
    expect(await pending()).toBe(0);
    expect(await backfill.status()).toMatchObject({
      state: "drained",
      source: { kind: "stream", key: "events", group: "backfill" },
      chunks: { total: undefined, done: 5 },
      ids: { total: undefined, waiting: 0 },
      progress: undefined,
    });
    expect(await server.call("HLEN", "bf:{events}:casts:items")).toBe(0);
  });

  test("goes on: a worker that stays has what comes next", async () => {
    await using backfill = await openOn(server, stream);
    const sink = new MemorySink();
    const worker = workerOn(backfill, { sink });
    const end = worker.start();
    await eventually(() => expect(worker.stats.state).toBe("waiting"));
    for (const batch of [1, 2, 3]) {
      await addEntries(batch * 10, batch * 10 + 6);
      await eventually(() => expect(sink.records.size).toBe(7 * batch));
    }
    await worker.close();
    expect(await end).toBe("stopped");
    expect(await pending()).toBe(0);
  });

  test("begins where it is told to", async () => {
    await addEntries(1, 5);
    await using backfill = await openOn(server, { ...stream, source: { ...stream.source, start: "$" } });
    const ids = await addEntries(6, 8);
    const sink = new MemorySink();
    await using worker = workerOn(backfill, { sink, exitOnComplete: true });
    await worker.start();
    expect([...sink.records.keys()]).toEqual(ids);
  });

  test("what another consumer left pending is taken over with its deliveries counted, what is fresh is left to him", async () => {
    const ids = await addEntries(1, 4);
    await server.call("XGROUP", "CREATE", "events", "backfill", "0");
    await server.call("XREADGROUP", "GROUP", "backfill", "gone", "COUNT", "3", "STREAMS", "events", ">");
    // Delivered once more, and then a third time: whoever had it died of it, as far as anybody knows.
    for (const times of [2, 3])
      await server.call("XCLAIM", "events", "backfill", "gone", "0", ids[1]!, "RETRYCOUNT", String(times));
    await server.call(
      "XCLAIM",
      "events",
      "backfill",
      "gone",
      "0",
      ids[0]!,
      ids[1]!,
      "IDLE",
      "90000",
      "JUSTID",
    );
    await using backfill = await openOn(server, stream);
    const sink = new MemorySink();
    const attempts = new Map<string, number>();
    await using worker = workerOn(backfill, {
      sink,
      exitOnComplete: true,
      fetch: async (id, { attempt }) => {
        attempts.set(id, attempt);
        return id;
      },
    });
    await worker.start();
    expect([...attempts]).toEqual(
      expect.arrayContaining([
        [ids[0], 2],
        [ids[1], 4],
        [ids[3], 1],
      ]),
    );
    expect([...sink.records.keys()].toSorted()).toEqual([ids[0], ids[1], ids[3]]);
    expect(await pending()).toBe(1);
  });

  test("an entry that was delivered too often before has one more try, and is a dead letter with its fields", async () => {
    const [id] = await addEntries(1, 1);
    await server.call("XGROUP", "CREATE", "events", "backfill", "0");
    await server.call("XREADGROUP", "GROUP", "backfill", "gone", "COUNT", "3", "STREAMS", "events", ">");
    await server.call(
      "XCLAIM",
      "events",
      "backfill",
      "gone",
      "0",
      id!,
      "IDLE",
      "90000",
      "RETRYCOUNT",
      "9",
      "JUSTID",
    );
    await using backfill = await openOn(server, stream);
    let isMended = false;
    let tries = 0;
    const fetch = async (): Promise<string> => {
      tries += 1;
      if (!isMended) throw new Error("no");
      return "yes";
    };
    await using worker = workerOn(backfill, { exitOnComplete: true, fetch });
    await worker.start();
    expect(tries).toBe(1);
    expect(await all(backfill.deadLetters())).toMatchObject([
      { id, reason: "attempts", fields: { cast: "1" } },
    ]);
    expect(await backfill.inspect(id!)).toMatchObject({ state: "dead" });
    expect(await pending()).toBe(0);
    // It is tried again although the stream may have forgotten it.
    await server.call("XDEL", "events", id!);
    isMended = true;
    expect(await backfill.retry()).toBe(1);
    const sink = new MemorySink();
    await using next = workerOn(backfill, { exitOnComplete: true, fetch, sink });
    await next.start();
    expect([...sink.records]).toMatchObject([[id, { value: "yes" }]]);
  });

  test("entries taken by a run that was purged belong to the next one after a while", async () => {
    const ids = await addEntries(1, 5);
    const quick = { ...stream, source: { ...stream.source, adoptAfterMs: 200 } };
    await using first = await openOn(server, quick);
    const hold = Promise.withResolvers<void>();
    const worker = workerOn(first, { fetch: () => hold.promise });
    const end = thrown(worker.start());
    await eventually(async () => expect(await pending()).toBe(5));
    await first.purge();
    hold.resolve();
    expect(await end).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
    await using second = await openOn(server, quick);
    const sink = new MemorySink();
    await using next = workerOn(second, { sink });
    void next.start();
    await eventually(() => expect([...sink.records.keys()].toSorted()).toEqual(ids.toSorted()));
    await eventually(async () => expect(await pending()).toBe(0));
  });

  test("has no known set of ids to compare a sink with", async () => {
    await using backfill = await openOn(server, stream);
    expect(await thrown(backfill.verify([]))).toMatchObject({ code: "FLEET_BACKFILL_UNSUPPORTED" });
  });
});

describe("a list of jobs", () => {
  test("is taken from the right, and what is taken stands in the run until it is done", async () => {
    await server.call("LPUSH", "jobs", ...idsFrom(1, 12));
    await using backfill = await openOn(server, list);
    const hold = Promise.withResolvers<void>();
    const sink = new MemorySink();
    const asked: string[] = [];
    await using worker = workerOn(backfill, {
      sink,
      exitOnComplete: true,
      limits: { claim: 1, buffer: 10 },
      fetch: async (id) => {
        asked.push(id);
        await hold.promise;
        return id;
      },
    });
    const end = worker.start();
    await eventually(() => expect(asked).toEqual(["1", "2", "3", "4", "5"]));
    await eventually(async () => expect(await server.call("LLEN", "jobs")).toBe(2));
    expect(await server.call("HLEN", "bf:{jobs}:casts:items")).toBe(2);
    hold.resolve();
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 12));
    expect(await server.call("HLEN", "bf:{jobs}:casts:items")).toBe(0);
    expect(await backfill.status()).toMatchObject({ state: "drained", ids: { waiting: 0 } });
  });

  test("may hold the same job twice: it is done twice", async () => {
    await server.call("RPUSH", "jobs", "a", "b", "a", "a");
    await using backfill = await openOn(server, { ...list, source: { ...list.source, side: "left" } });
    const sink = new MemorySink();
    await using worker = workerOn(backfill, { sink, exitOnComplete: true });
    await worker.start();
    expect(sink.writes.flatMap(({ ids }) => ids).toSorted()).toEqual(["a", "a", "a", "b"]);
  });

  test("a job that comes while a worker waits is found", async () => {
    await using backfill = await openOn(server, list);
    const sink = new MemorySink();
    await using worker = workerOn(backfill, { sink });
    void worker.start();
    await eventually(() => expect(worker.stats.state).toBe("waiting"));
    await server.call("LPUSH", "jobs", '{"fids":[1,2]}');
    await eventually(() => expect([...sink.records.keys()]).toEqual(['{"fids":[1,2]}']));
  });

  test.for(["left", "right"] as const)(
    "has back what was taken and is not done when the run is purged, in its old order (%s)",
    async (side) => {
      await server.call("RPUSH", "jobs", ...idsFrom(1, 12));
      await using backfill = await openOn(server, { ...list, source: { ...list.source, side } });
      const first = side === "left" ? idsFrom(1, 5) : idsFrom(8, 12);
      const [, done, never] = first;
      await using worker = workerOn(backfill, {
        limits: { buffer: 10, hub: 12 },
        retryMinDelayMs: 600_000,
        retryMaxDelayMs: 600_000,
        fetch: async (id) => {
          if (!first.includes(id)) return Promise.withResolvers<string>().promise;
          if (id === never) throw new PermanentError("never");
          if (id !== done) throw new Error("later");
          return id;
        },
      });
      const end = thrown(worker.start());
      await eventually(async () =>
        expect((await backfill.status()).counts).toMatchObject({ retried: 3, dead: 1 }),
      );
      await eventually(async () => expect(await server.call("EXISTS", "jobs")).toBe(0));
      await backfill.purge();
      const open = idsFrom(1, 12).filter((id) => id !== done && id !== never);
      expect(await server.call("LRANGE", "jobs", "0", "-1")).toEqual(open);
      expect(await end).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
      expect(await server.call("KEYS", "*")).toEqual(["jobs"]);
    },
  );

  test("has back the dead letters that were to be tried again, whether their chunk is in work or done", async () => {
    await server.call("RPUSH", "jobs", "in work", "hangs", "done");
    await using backfill = await openOn(server, {
      ...list,
      chunkSize: 2,
      source: { ...list.source, side: "left" },
    });
    await using worker = workerOn(backfill, {
      fetch: (id) =>
        id === "hangs" ? new Promise(() => undefined) : Promise.reject(new PermanentError("not today")),
    });
    const end = worker.start();
    await eventually(async () => expect((await backfill.status()).chunks.done).toBe(1));
    await worker.close({ graceMs: 0 });
    expect(await end).toBe("stopped");
    await eventually(async () => expect((await backfill.status()).ids.dead).toBe(2));
    expect(await backfill.retry()).toBe(2);
    await backfill.purge();
    expect(new Set((await server.call("LRANGE", "jobs", "0", "-1")) as string[])).toEqual(
      new Set(["in work", "hangs", "done"]),
    );
  });

  test("a job that fails for good is a dead letter with all that it said", async () => {
    await server.call("RPUSH", "jobs", "bad job", "good job");
    await using backfill = await openOn(server, list);
    await using worker = workerOn(backfill, {
      exitOnComplete: true,
      fetch: (id) => (id === "bad job" ? Promise.reject(new PermanentError("no")) : Promise.resolve(id)),
    });
    await worker.start();
    expect(await all(backfill.deadLetters())).toMatchObject([{ id: "bad job", reason: "permanent" }]);
  });
});

test("a run that reads from somewhere is found by its name alone, and purged with all it has", async () => {
  await addEntries(1, 3);
  await using backfill = await openOn(server, { ...stream, source: { ...stream.source, key: "events" } });
  await using byName = await Backfill.open({ connect: connectTo(server), name: "casts" });
  expect(byName.epoch).toBe(backfill.epoch);
  await byName.purge();
  expect(await server.call("KEYS", "*")).toEqual(["events"]);
});
