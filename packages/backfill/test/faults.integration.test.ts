import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually, findRedis, startFaultProxy, startRedis } from "@fleet/testkit";
import { describe, expect, test, vi } from "vitest";

import { Backfill, type Worker } from "../src/index.ts";
import { connectTo, hear, idsFrom, MemorySink, openOn, thrown, workerOn } from "./scene.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const source = { kind: "range", from: 1, to: 400 } as const;

/** Slow enough that a fault finds it at work. */
function steady(backfill: Backfill, sink: MemorySink, options: Parameters<typeof workerOn>[1] = {}): Worker {
  return workerOn(backfill, {
    sink,
    fetch: async (id) => {
      await sleep(5);
      return id;
    },
    limits: { hub: 2, buffer: 20 },
    ...options,
  });
}

describe("Redis killed and started again with its append-only file", () => {
  test("the worker goes on by itself; nothing is lost, and the bitmap and the sink have all", async () => {
    await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "everysec" } });
    await using backfill = await openOn(redis, { source, commandTimeoutMs: 500 });
    const sink = new MemorySink();
    using events = hear("redis");
    await using worker = steady(backfill, sink, { leaseMs: 1000 });
    const end = worker.start();
    for (const done of [50, 150, 250]) {
      await eventually(() => expect(worker.stats.done).toBeGreaterThan(done));
      await redis.kill();
      await sleep(100);
      await redis.restart();
    }
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
    expect(await backfill.verify(sink.ids)).toMatchObject({ clean: true, done: 400 });
    expect(events.messages.map(({ event }) => event)).toContain("lost");
    expect(events.messages.map(({ event }) => event)).toContain("recovered");
  });

  test("and what it has forgotten is done again, with higher tokens than before", async () => {
    await using redis = await startRedis({ config: { appendonly: "yes", appendfsync: "no" } });
    await using backfill = await openOn(redis, { source, commandTimeoutMs: 500 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink, { leaseMs: 1000, maxLossMs: 60_000 });
    const end = worker.start();
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(30));
    const saved = join(redis.folder, "saved.aof");
    const incremental = join(redis.folder, "appendonlydir", "appendonly.aof.1.incr.aof");
    await copyFile(incremental, saved);
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(120));
    await redis.kill();
    await copyFile(saved, incremental);
    await redis.restart();
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
    expect(sink.refused).toBe(0);
    const again = sink.writes.flatMap(({ ids }) => ids).length;
    expect(again).toBeGreaterThan(400 + 50);
  });
});

test("Redis stopped for three leases: nobody counts as dead, the work goes on where it was", async () => {
  await using redis = await startRedis();
  await using backfill = await openOn(redis, { source, commandTimeoutMs: 300 });
  const sink = new MemorySink();
  const workers = [steady(backfill, sink, { leaseMs: 400 }), steady(backfill, sink, { leaseMs: 400 })];
  const ends = workers.map((worker) => worker.start());
  await eventually(() => expect(sink.writes.length).toBeGreaterThan(5));
  redis.pause();
  await sleep(1200);
  redis.resume();
  expect(await Promise.all(ends)).toEqual(["complete", "complete"]);
  expect(sink.ids).toEqual(idsFrom(1, 400));
  expect((await backfill.status()).counts).toMatchObject({ crashed: 0, dead: 0 });
});

describe("a connection whose other end is gone without a word", () => {
  test("both halves, healed after three seconds: it goes on", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using admin = await openOn(redis, { source });
    await using backfill = await openOn(proxy, { source, commandTimeoutMs: 1000 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink);
    const end = worker.start();
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(50));
    proxy.inject({ kind: "halfOpen" });
    await sleep(3000);
    proxy.heal();
    const before = worker.stats.done;
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(before));
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
    expect((await admin.status()).counts).toMatchObject({ crashed: 0, dead: 0 });
  });

  test("while it waits for work: the wait ends at its own deadline, and work that comes is found", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using admin = await openOn(redis);
    await admin.pause();
    await using backfill = await openOn(proxy, { commandTimeoutMs: 500 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink, { exitOnComplete: false });
    using events = hear("redis");
    const end = worker.start();
    await eventually(() => expect(worker.stats.state).toBe("paused"));
    const isBlocked = async (): Promise<void> =>
      expect(await redis.call("INFO", "clients")).toContain("blocked_clients:1");
    await eventually(isBlocked);
    proxy.inject({ kind: "halfOpen" });
    await admin.resume();
    proxy.heal();
    await eventually(() => expect(sink.ids).toEqual(idsFrom(1, 100)));
    const lost = expect.objectContaining({ event: "timeout", link: "waits" });
    await eventually(() => expect(events.messages).toContainEqual(lost), { timeoutMs: 8000 });
    await worker.close();
    expect(await end).toBe("stopped");
  });

  test("an answer that was lost on the way is asked for again: nothing leaks, nothing is done twice", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using backfill = await openOn(proxy, { source, commandTimeoutMs: 300 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink, { leaseMs: 60_000 });
    const end = worker.start();
    for (const fault of ["reset", "drop", "reset", "drop", "reset", "reset"] as const) {
      const before = worker.stats.done;
      await eventually(() => expect(worker.stats.done).toBeGreaterThan(before + 20));
      proxy.inject({ kind: "reply", k: 2, do: fault });
    }
    expect(await end).toBe("complete");
    expect(sink.writes.flatMap(({ ids }) => ids)).toHaveLength(400);
    expect((await backfill.status()).counts).toMatchObject({ claimed: 40, done: 40, crashed: 0, fenced: 0 });
  });

  test("a reply that comes byte by byte is waited for no longer than its deadline, and the run ends", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using backfill = await openOn(proxy, { source, commandTimeoutMs: 400 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink);
    const end = worker.start();
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(50));
    proxy.inject({ kind: "bandwidth", bytesPerSecond: 1 }, { direction: "reply" });
    await sleep(1000);
    proxy.heal();
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
  });

  test("reset again and again: the run ends, and every id is written", async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy(redis);
    await using backfill = await openOn(proxy, { source });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink);
    const end = worker.start();
    const cutting = setInterval(() => proxy.cut(), 40);
    expect(await end.finally(() => clearInterval(cutting))).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
    expect((await backfill.status()).counts).toMatchObject({ crashed: 0 });
  });
});

describe("a Redis that refuses writes", () => {
  test.for<
    [
      string,
      (redis: Awaited<ReturnType<typeof startRedis>>) => Promise<unknown>,
      (redis: Awaited<ReturnType<typeof startRedis>>) => Promise<unknown>,
    ]
  >([
    [
      "out of memory",
      (redis) => redis.call("CONFIG", "SET", "maxmemory", "1"),
      (redis) => redis.call("CONFIG", "SET", "maxmemory", "0"),
    ],
    [
      "without its replicas",
      (redis) => redis.call("CONFIG", "SET", "min-replicas-to-write", "1"),
      (redis) => redis.call("CONFIG", "SET", "min-replicas-to-write", "0"),
    ],
    [
      "turned into a replica",
      (redis) => redis.call("REPLICAOF", "127.0.0.1", "1"),
      (redis) => redis.call("REPLICAOF", "NO", "ONE"),
    ],
  ])("%s is waited for; nothing is lost, no attempt is burnt", async ([, refuse, allow]) => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis, { source });
    const sink = new MemorySink();
    using events = hear("redis");
    await using worker = steady(backfill, sink);
    const end = worker.start();
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(50));
    await refuse(redis);
    await eventually(() => expect(events.messages.length).toBeGreaterThan(3));
    const { done } = worker.stats;
    await eventually(() => expect(events.messages.length).toBeGreaterThan(6));
    expect(worker.stats.done).toBe(done);
    await allow(redis);
    expect(await end).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
    expect(sink.writes.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  test("its disk full is waited for too, for as long as that takes", async () => {
    const { path } = await findRedis();
    const folder = mkdtempSync(join(tmpdir(), "fleet-backfill-"));
    const small = join(folder, "redis-server");
    const start = `[ "$1" = --version ] || ulimit -f 24\nexec '${path}' "$@"\n`;
    writeFileSync(small, `#!/bin/sh\ntrap '' XFSZ\n${start}`, { mode: 0o755 });
    try {
      await using redis = await startRedis({
        server: small,
        config: { appendonly: "yes", appendfsync: "everysec" },
      });
      await using backfill = await openOn(redis, { source });
      const sink = new MemorySink();
      using events = hear("redis");
      await using worker = steady(backfill, sink);
      const end = worker.start();
      const full = expect.objectContaining({ event: "refused", code: "MISCONF" });
      await eventually(() => expect(events.messages).toContainEqual(full));
      const { done } = worker.stats;
      expect(done).toBeLessThan(400);
      const { length } = events.messages;
      await eventually(() => expect(events.messages.length).toBeGreaterThan(length + 2));
      expect(worker.stats.done).toBe(done);
      await redis.call("CONFIG", "SET", "appendonly", "no");
      expect(await end).toBe("complete");
      expect(sink.ids).toEqual(idsFrom(1, 400));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("data that is not what it was", () => {
  test("flushed: the worker stops with the reason instead of saying that it is complete", async () => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis, { source });
    await using worker = steady(backfill, new MemorySink(), { leaseMs: 500 });
    const end = thrown(worker.start());
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(20));
    await redis.call("FLUSHALL");
    expect(await end).toMatchObject({
      code: "FLEET_BACKFILL_EPOCH",
      message: expect.stringContaining("not in Redis any more"),
    });
    expect(await redis.call("KEYS", "*")).toEqual([]);
  });

  test("what is under way for it then is told to end, and start does not wait until it has", async () => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis, { source });
    const told: unknown[] = [];
    await using worker = workerOn(backfill, {
      leaseMs: 500,
      limits: { hub: 2 },
      fetch: (_id, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => told.push(signal.reason));
        }),
    });
    const end = thrown(worker.start());
    await eventually(() => expect(worker.stats.hub.used).toBe(2));
    await redis.call("FLUSHALL");
    expect(await end).toMatchObject({ code: "FLEET_BACKFILL_EPOCH" });
    expect(told).toMatchObject([{ code: "FLEET_BACKFILL_CLOSED" }, { code: "FLEET_BACKFILL_CLOSED" }]);
    await eventually(() => expect(worker.stats.hub.used).toBe(0));
  });

  test("removed and created anew under the same name: likewise", async () => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis, { source });
    await using worker = steady(backfill, new MemorySink(), { leaseMs: 500 });
    const end = thrown(worker.start());
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(20));
    // In one step, so that nobody finds it gone in between.
    await redis.call("HSET", "bf:{casts}:meta", "epoch", "another");
    const claimed = await redis.call("GET", "bf:{casts}:cursor");
    expect(await end).toMatchObject({
      code: "FLEET_BACKFILL_EPOCH",
      message: expect.stringContaining("created anew"),
    });
    expect(await redis.call("GET", "bf:{casts}:cursor")).toBe(claimed);
  });

  test("restored from an old copy: a worker that remembers more stops, a new one goes on from there", async () => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis, { source, commandTimeoutMs: 500 });
    const sink = new MemorySink();
    await using worker = steady(backfill, sink, { leaseMs: 500, maxLossMs: 300 });
    const end = thrown(worker.start());
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(20));
    await redis.call("SAVE");
    const savedAt = performance.now();
    await eventually(() => expect(worker.stats.done).toBeGreaterThan(150), { intervalMs: 50 });
    // What was saved must be older than a worker forgives.
    await eventually(() => expect(performance.now() - savedAt).toBeGreaterThan(400));
    await redis.kill();
    await redis.restart();
    expect(await end).toMatchObject({
      code: "FLEET_BACKFILL_EPOCH",
      message: expect.stringContaining("an old copy was restored"),
    });
    await using next = steady(backfill, sink, { leaseMs: 500 });
    expect(await next.start()).toBe("complete");
    expect(sink.ids).toEqual(idsFrom(1, 400));
  });

  test("lost in part: a bitmap with a hole is not complete", async () => {
    await using redis = await startRedis();
    await using backfill = await openOn(redis);
    await using worker = workerOn(backfill);
    await worker.start();
    await redis.call("SETBIT", "bf:{casts}:done", "4", "0");
    await using next = workerOn(backfill);
    expect(await thrown(next.start())).toMatchObject({
      code: "FLEET_BACKFILL_EPOCH",
      message: expect.stringContaining("not every chunk is done"),
    });
  });
});

test("workers whose clocks are hours apart, and whose wall clock jumps, keep their leases: those know Redis' time only", async () => {
  await using redis = await startRedis();
  await using backfill = await openOn(redis, { source });
  const skewed = (offMs: number): Promise<Backfill> => {
    const clock = {
      now: () => performance.now() + offMs,
      setTimeout: (callback: () => void, ms: number): unknown => setTimeout(callback, ms),
      clearTimeout: (handle: unknown): void => clearTimeout(handle as NodeJS.Timeout),
    };
    return Backfill.open({ connect: connectTo(redis), name: "casts", clock });
  };
  await using ahead = await skewed(3_600_000);
  await using behind = await skewed(-3_600_000);
  const sink = new MemorySink();
  const workers = [ahead, behind].map((each) => steady(each, sink, { leaseMs: 1000 }));
  const ends = workers.map((worker) => worker.start());
  await eventually(() => expect(sink.writes.length).toBeGreaterThan(5));
  const wallClock = vi.spyOn(Date, "now");
  for (const hours of [1, -1, 2]) {
    wallClock.mockImplementation(() => performance.timeOrigin + performance.now() + hours * 3_600_000);
    const { length } = sink.writes;
    await eventually(() => expect(sink.writes.length).toBeGreaterThan(length + 3));
  }
  expect(await Promise.all(ends)).toEqual(["complete", "complete"]);
  wallClock.mockRestore();
  expect(sink.ids).toEqual(idsFrom(1, 400));
  expect((await backfill.status()).counts).toMatchObject({ crashed: 0, fenced: 0, claimed: 40 });
});

test("a user who may not run scripts is told so at once, with the server's words", async () => {
  await using redis = await startRedis({ acl: ["user default on nopass ~* &* +@all -evalsha -eval"] });
  expect(await thrown(openOn(redis))).toMatchObject({
    code: "FLEET_BACKFILL_REDIS_REFUSED",
    message: expect.stringContaining("NOPERM"),
  });
});
