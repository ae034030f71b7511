import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Backfill, PermanentError, type Source } from "../src/index.ts";
import { all, connectTo, hear, idsFrom, MemorySink, openOn, thrown, workerOn } from "./scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ config: { appendonly: "yes" } });
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

const range = (from: number, to: number): Source => ({ kind: "range", from, to });

describe("opening a run", () => {
  test("creates it once; whoever opens it again finds the same", async () => {
    await using first = await openOn(server);
    await using again = await openOn(server);
    await using byName = await Backfill.open({ connect: connectTo(server), name: "casts" });
    expect([again.epoch, byName.epoch]).toEqual([first.epoch, first.epoch]);
    expect(byName.chunkSize).toBe(10);
  });

  test("by twenty at once makes one run", async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => openOn(server)));
    expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(1);
    await Promise.all(opened.map((each) => each.close()));
  });

  test.for<[string, Record<string, unknown>, string]>([
    ["another range", { source: range(1, 101) }, "the range 1..100"],
    [
      "another chunk size",
      { chunkSize: 20 },
      "in chunks of 10, asked for was the range 1..100 in chunks of 20",
    ],
    ["a list of ids", { source: { kind: "ids", ids: ["1"] } }, "a list of 1 ids"],
    ["a stream", { source: { kind: "stream", key: "s", group: "g" } }, "the stream s, group g"],
    ["another size, no source", { source: undefined, chunkSize: 7 }, "in chunks of 7"],
  ])("under a name that stands for another run is refused: %s", async ([, options, words]) => {
    await using first = await openOn(server);
    const error = await thrown(openOn(server, options));
    expect(error).toMatchObject({ code: "FLEET_BACKFILL_MISMATCH", run: "casts" });
    expect(String(error)).toContain(words);
    expect(await first.status()).toMatchObject({
      state: "running",
      source: { kind: "range", from: 1, to: 100 },
    });
  });

  test("that does not exist, without a source, is refused", async () => {
    expect(await thrown(Backfill.open({ connect: connectTo(server), name: "casts" }))).toMatchObject({
      code: "FLEET_BACKFILL_NOT_FOUND",
    });
  });

  test.for<[string, Record<string, unknown>, string]>([
    ["an empty range", { source: range(5, 4) }, "source.to must be a whole number of at least 5"],
    ["a range that is none", { source: range(Number.NaN, 4) }, "source.from must be a whole number"],
    ["a range of more ids than there are bits", { source: range(0, 2 ** 32) }, "at most 4294967295"],
    ["no ids", { source: { kind: "ids", ids: [] } }, "ids must be a list of 1 to"],
    ["an id twice", { source: { kind: "ids", ids: ["a", "b", "a"] } }, 'without repetitions, got "a"'],
    ["an id that is no text", { source: { kind: "ids", ids: [7] } }, "got 7"],
    ["a source of no kind", { source: { kind: "file" } }, "range, ids, stream or list"],
    [
      "a range with a step",
      { source: { ...range(1, 5), step: 2 } },
      "source.step must be left out: there is no such option",
    ],
    [
      "a range of texts",
      { source: { kind: "range", from: "1", to: 5 } },
      "source.from must be a whole number",
    ],
    ["ids with a field too many", { source: { kind: "ids", ids: ["a"], id: "x" } }, "the nearest is ids"],
    ["ids that are a text", { source: { kind: "ids", ids: "abc" } }, "source.ids must be an array of ids"],
    [
      "a list with a misspelt side",
      { source: { kind: "list", key: "l", sde: "left" } },
      "the nearest is side",
    ],
    ["a list with a side of its own", { source: { kind: "list", key: "l", side: "up" } }, "left or right"],
    ["a stream without a group", { source: { kind: "stream", key: "s" } }, "source.group must be"],
    [
      "a stream that starts at a number",
      { source: { kind: "stream", key: "s", group: "g", start: 5 } },
      "source.start must be a non-empty string, got 5",
    ],
    [
      "a stream with a time that is a text",
      { source: { kind: "stream", key: "s", group: "g", adoptAfterMs: "5000" } },
      "source.adoptAfterMs must be milliseconds",
    ],
    ["a key whose slot cannot be named", { source: { kind: "list", key: "a}b{" } }, "without braces"],
    ["a name with a brace", { name: "a{b}" }, "letters, digits"],
    ["a chunk size of nothing", { chunkSize: 0 }, "at least 1"],
    ["a chunk size beyond reason", { chunkSize: 1001 }, "at most 1000"],
    ["a connection that is no function", { connect: 7 }, "a function"],
  ])("with a bad option is refused before anything is written: %s", async ([, options, words]) => {
    const error = await thrown(openOn(server, options));
    expect(error).toMatchObject({ code: "FLEET_BACKFILL_INVALID_OPTION" });
    expect(String(error)).toContain(words);
    expect(await server.call("KEYS", "*")).toEqual([]);
  });

  test("where Redis is not there fails within the command's time, and leaves nothing open", async () => {
    await using gone = await startRedis();
    await gone.kill();
    expect(await thrown(openOn(gone, { commandTimeoutMs: 300 }))).toMatchObject({
      code: "FLEET_BACKFILL_REDIS_UNREACHABLE",
    });
    await eventually(() => expect(openHandles()).toEqual([]));
  });
});

describe("a Redis that may not keep what it is told", () => {
  test("is refused while it evicts keys of any kind, unless that is allowed", async () => {
    await using evicting = await startRedis({ config: { "maxmemory-policy": "allkeys-lru" } });
    const error = await thrown(openOn(evicting));
    expect(error).toMatchObject({ code: "FLEET_BACKFILL_EVICTION", policy: "allkeys-lru" });
    expect(await evicting.call("KEYS", "*")).toEqual([]);
    await using allowed = await openOn(evicting, { allowEviction: true });
    expect(allowed.warnings.map(({ warning }) => warning)).toEqual(["eviction", "no-persistence"]);
  });

  test("is warned of where it evicts only what expires and has no append-only file", async () => {
    await using volatile = await startRedis({ config: { "maxmemory-policy": "volatile-lru" } });
    using warnings = hear("warning");
    await using backfill = await openOn(volatile);
    expect(backfill.warnings).toEqual(warnings.messages);
    expect(warnings.messages).toMatchObject([{ run: "casts", warning: "no-persistence" }]);
  });

  test("is fine with an append-only file", async () => {
    await using backfill = await openOn(server);
    expect(backfill.warnings).toEqual([]);
  });

  test("may hide its settings, which is said", async () => {
    await using strict = await startRedis({
      acl: ["user default on nopass ~* &* +@all -info"],
    });
    await using backfill = await openOn(strict);
    expect(backfill.warnings).toMatchObject([{ warning: "settings-hidden" }]);
  });
});

describe("a run from end to end", () => {
  test("fetches every id once, writes it once, and its bitmap is full", async () => {
    await using backfill = await openOn(server);
    const sink = new MemorySink();
    const asked: string[] = [];
    await using worker = workerOn(backfill, {
      sink,
      fetch: async (id) => {
        asked.push(id);
        return `value of ${id}`;
      },
    });
    expect(await worker.start()).toBe("complete");
    expect(asked.toSorted((a, b) => Number(a) - Number(b))).toEqual(idsFrom(1, 100));
    expect(sink.ids).toEqual(idsFrom(1, 100));
    expect(sink.writes).toHaveLength(10);
    expect(await server.call("BITCOUNT", "bf:{casts}:done")).toBe(10);
    expect(await backfill.status()).toMatchObject({
      name: "casts",
      state: "complete",
      chunks: { total: 10, handedOut: 10, done: 10, leased: 0, retrying: 0, suspect: 0 },
      ids: { total: 100, done: 100, dead: 0 },
      progress: 1,
      etaMs: 0,
      counts: { claimed: 10, done: 10, fenced: 0, crashed: 0, retried: 0, dead: 0 },
      workers: [],
    });
    expect(await backfill.verify(sink.ids)).toMatchObject({ clean: true, expected: 100, seen: 100 });
  });

  test("whose last chunk is not full counts its ids rightly", async () => {
    await using backfill = await openOn(server, { source: range(0, 54) });
    await using worker = workerOn(backfill);
    await worker.start();
    expect(await backfill.status()).toMatchObject({ ids: { total: 55, done: 55 }, progress: 1 });
  });

  test("that is complete stays complete for the next worker, who asks the hub nothing", async () => {
    await using backfill = await openOn(server);
    await using worker = workerOn(backfill);
    await worker.start();
    await using late = workerOn(backfill, { fetch: () => Promise.reject(new Error("asked")) });
    expect(await late.start()).toBe("complete");
  });

  test("of a list of ids keeps them in Redis, for those who open it by name", async () => {
    const ids = ["alice", "bob", "дмитрий", 'quo"te', "line\nbreak"];
    await using created = await openOn(server, { source: { kind: "ids", ids }, chunkSize: 2 });
    await using backfill = await Backfill.open({ connect: connectTo(server), name: "casts" });
    const sink = new MemorySink();
    await using worker = workerOn(backfill, { sink });
    expect(await worker.start()).toBe("complete");
    expect([...sink.records.keys()].toSorted()).toEqual(ids.toSorted());
    expect(await created.verify(sink.records.keys())).toMatchObject({ clean: true, expected: 5, seen: 5 });
  });

  test("an id that has nothing to write is done, and told apart when the sink is compared", async () => {
    await using backfill = await openOn(server);
    const sink = new MemorySink();
    await using worker = workerOn(backfill, {
      sink,
      fetch: async (id) => (Number(id) % 10 === 3 ? undefined : id),
    });
    await worker.start();
    expect(await backfill.verify(sink.ids)).toMatchObject({ clean: true, done: 100, empty: 10, seen: 90 });
    expect(await backfill.inspect("13")).toEqual({ state: "empty" });
  });
});

describe("verify", () => {
  test("names what is missing and what should not be there", async () => {
    await using backfill = await openOn(server);
    await using worker = workerOn(backfill);
    await worker.start();
    const seen = [...idsFrom(1, 100).filter((id) => id !== "7" && id !== "70"), "101", "abc", "9"];
    expect(await backfill.verify(seen)).toEqual({
      clean: false,
      expected: 100,
      done: 100,
      empty: 0,
      dead: 0,
      seen: 100,
      missing: { count: 2, ids: ["7", "70"] },
      unexpected: { count: 2, ids: ["101", "abc"] },
      ahead: 0,
    });
  });

  test("of a run that has not begun finds nothing missing, and what is there already is ahead", async () => {
    await using backfill = await openOn(server);
    expect(await backfill.verify(["1", "2"])).toMatchObject({ clean: true, done: 0, ahead: 2 });
  });

  test("takes ids that come one after the other", async () => {
    await using backfill = await openOn(server, { source: { kind: "ids", ids: ["a", "b"] } });
    await using worker = workerOn(backfill);
    await worker.start();
    const seen = async function* (): AsyncGenerator<string> {
      yield "a";
    };
    expect(await backfill.verify(seen())).toMatchObject({ missing: { count: 1, ids: ["b"] } });
  });
});

describe("steering", () => {
  test("a paused run is claimed by nobody; resumed, its waiting worker goes on", async () => {
    await using backfill = await openOn(server);
    await backfill.pause();
    const sink = new MemorySink();
    await using worker = workerOn(backfill, { sink });
    const end = worker.start();
    await eventually(() => expect(worker.stats.state).toBe("paused"));
    expect(await backfill.status()).toMatchObject({ state: "paused", chunks: { handedOut: 0 } });
    expect(sink.writes).toEqual([]);
    await backfill.resume();
    expect(await end).toBe("complete");
  });

  test("status tells of the workers, their limits and their speed", async () => {
    await using backfill = await openOn(server);
    const hold = Promise.withResolvers<void>();
    await using worker = workerOn(backfill, {
      limits: { hub: 3 },
      leaseMs: 300,
      label: "here",
      fetch: async (id) => {
        await hold.promise;
        return id;
      },
    });
    const end = worker.start();
    await eventually(async () => {
      const status = await backfill.status();
      expect(status.workers).toMatchObject([
        {
          worker: worker.id,
          hub: { used: 3, limit: 3 },
          database: { used: 0, limit: 8 },
          gates: { hub: true },
        },
      ]);
      expect(status.workers[0]!.seenAgoMs).toBeLessThan(300);
      expect(status.oldestLeaseLeftMs).toBeGreaterThan(0);
      expect(status.chunks.leased).toBeGreaterThan(0);
    });
    expect(worker.id).toMatch(/^here#[0-9a-f]{8}$/);
    hold.resolve();
    await end;
  });

  test("purge removes every key, and a worker that is still at it stops with the reason", async () => {
    await using backfill = await openOn(server);
    const hold = Promise.withResolvers<void>();
    await using worker = workerOn(backfill, { leaseMs: 300, fetch: () => hold.promise });
    const end = thrown(worker.start());
    await eventually(() => expect(worker.stats.held).toBeGreaterThan(0));
    await backfill.purge();
    expect(await server.call("KEYS", "*")).toEqual([]);
    expect(await end).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
    expect(await thrown(backfill.status())).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
    expect(await server.call("KEYS", "*")).toEqual([]);
    hold.resolve();
  });
});

describe("dead letters", () => {
  const failing = (id: string): Promise<string> =>
    id === "7" ? Promise.reject(new PermanentError("no such cast")) : Promise.resolve(id);

  test("are listed with their reason, tried again and forgotten, all or some", async () => {
    await using backfill = await openOn(server, { source: range(1, 20) });
    const sink = new MemorySink();
    let isMended = false;
    const fetch = async (id: string): Promise<string> => {
      if (!isMended && ["7", "8", "17"].includes(id)) throw new PermanentError(`no cast ${id}`);
      return id;
    };
    await using worker = workerOn(backfill, { sink, fetch });
    expect(await worker.start()).toBe("complete");
    const letters = await all(backfill.deadLetters());
    expect(letters.toSorted((a, b) => Number(a.id) - Number(b.id))).toMatchObject([
      {
        id: "7",
        reason: "permanent",
        attempts: 1,
        crashes: 0,
        error: { name: "PermanentError", code: "FLEET_BACKFILL_PERMANENT", message: "no cast 7" },
      },
      { id: "8" },
      { id: "17" },
    ]);
    expect(Math.abs(letters[0]!.at - Date.now())).toBeLessThan(60_000);
    expect(await backfill.inspect("7")).toMatchObject({ state: "dead", letter: { id: "7" } });
    expect(await backfill.verify(sink.ids)).toMatchObject({ clean: true, dead: 3, seen: 17 });

    expect(await backfill.discard({ ids: ["17", "99"] })).toBe(1);
    isMended = true;
    expect(await backfill.retry()).toBe(2);
    expect(await backfill.status()).toMatchObject({
      state: "running",
      ids: { dead: 0 },
      chunks: { done: 1 },
    });
    await using next = workerOn(backfill, { sink, fetch });
    expect(await next.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 20).filter((id) => id !== "17"));
    expect(await backfill.verify(sink.ids)).toMatchObject({ missing: { count: 1, ids: ["17"] } });
  });

  test("that are tried again while their chunk is in work are not forgotten when it ends", async () => {
    await using backfill = await openOn(server, { source: range(1, 10) });
    const sink = new MemorySink();
    const hold = Promise.withResolvers<void>();
    let isMended = false;
    await using worker = workerOn(backfill, {
      sink,
      fetch: async (id, { attempt }) => {
        if (id === "7" && !isMended) throw new PermanentError("gone");
        if (id === "8" && attempt === 1) throw new Error("once");
        // The chunk is in work again, without 7, which is dead.
        if (id === "8") await hold.promise;
        return id;
      },
    });
    const end = worker.start();
    await eventually(async () => expect(await backfill.inspect("7")).toMatchObject({ state: "dead" }));
    isMended = true;
    expect(await backfill.retry()).toBe(1);
    expect(await backfill.inspect("7")).toEqual({ state: "pending" });
    hold.resolve();
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 10));
  });

  test("do not keep a run from being complete", async () => {
    await using backfill = await openOn(server);
    await using worker = workerOn(backfill, { fetch: failing });
    expect(await worker.start()).toBe("complete");
    expect(await backfill.status()).toMatchObject({ state: "complete", ids: { done: 100, dead: 1 } });
  });
});

describe("inspect", () => {
  test("tells where an id is on its way", async () => {
    await using backfill = await openOn(server, { source: range(1, 30) });
    const hold = Promise.withResolvers<void>();
    await using worker = workerOn(backfill, {
      limits: { buffer: 20, claim: 1 },
      retryMinDelayMs: 60_000,
      retryMaxDelayMs: 60_000,
      fetch: async (id) => {
        if (id === "5") throw new Error("later");
        if (Number(id) > 10) await hold.promise;
        return id;
      },
    });
    void worker.start();
    await eventually(async () =>
      expect(await backfill.inspect("5")).toMatchObject({
        state: "waiting",
        chunk: 0,
        attempts: 1,
        crashes: 0,
      }),
    );
    expect(await backfill.inspect("4")).toEqual({ state: "done" });
    const leased = await backfill.inspect("15");
    expect(leased).toMatchObject({ state: "leased", chunk: 1 });
    expect(await backfill.inspect("31")).toEqual({ state: "unknown" });
    expect(await backfill.inspect("four")).toEqual({ state: "unknown" });
    hold.resolve();
  });
});

function openHandles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind.startsWith("TCP") || kind === "Timeout")
    .toSorted();
}
