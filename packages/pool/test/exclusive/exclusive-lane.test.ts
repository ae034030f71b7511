import { channel } from "node:diagnostics_channel";

import { describe, expect, test } from "vitest";

import {
  AcquireTimeoutError,
  AuthenticationError,
  LeaseReleasedError,
  PoolClosedError,
  PoolExhaustedError,
} from "../../src/index.ts";
import { open, outcomeOf } from "../ioredis/lanes/shared/lane-scene.ts";

describe("lending", () => {
  test("a connection goes from caller to caller, cleaned in between", async () => {
    const { lane, factory } = open();
    const first = await lane.acquire();
    const connection = first.connection;
    await first.release();
    const second = await lane.acquire();
    expect(second.connection).toBe(connection);
    expect(connection.resets).toBe(1);
    expect(factory.made).toHaveLength(1);
    expect(lane.stats).toMatchObject({ hits: 1, misses: 1, leased: 1, idle: 0, total: 1, dials: 1 });
  });

  test("idle connections are lent last in first out, so that the surplus grows old", async () => {
    const { lane } = open();
    const leases = [await lane.acquire(), await lane.acquire(), await lane.acquire()];
    const [, , third] = leases.map(({ connection }) => connection);
    for (const lease of leases) await lease.release();
    await using lease = await lane.acquire();
    expect(lease.connection).toBe(third);
  });

  test("callers are served first come first served", async () => {
    const { lane } = open({ max: 1 });
    const held = await lane.acquire();
    const served: number[] = [];
    const waiting = [1, 2, 3, 4].map(async (caller) => {
      const lease = await lane.acquire();
      served.push(caller);
      await lease.release();
    });
    await held.release();
    await Promise.all(waiting);
    expect(served).toEqual([1, 2, 3, 4]);
  });

  test("`use` gives the connection back whatever the work does", async () => {
    const { lane } = open({ max: 1 });
    await expect(lane.use(async ({ id }) => id)).resolves.toBe(1);
    await expect(lane.use(() => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
    expect(lane.stats).toMatchObject({ leased: 0, idle: 1 });
  });

  test("a burst of 1000 on a lane of 10 dials a few at a time, never holds more than 10, and keeps the order", async () => {
    const { lane, factory, settle } = open({ max: 10, maxConcurrentDials: 3, maxWaiters: 1000 });
    factory.manual = true;
    const served: number[] = [];
    const work = Array.from({ length: 1000 }, async (_, caller) => {
      const lease = await lane.acquire();
      served.push(caller);
      await settle();
      await lease.release();
    });
    let most = 0;
    let answered = 0;
    while (served.length < 1000) {
      most = Math.max(most, lane.stats.dialing);
      while (answered < factory.dials.length) factory.dials[answered++]!.succeed();
      await settle();
    }
    await Promise.all(work);
    expect(most).toBe(3);
    expect(factory.made.length).toBeLessThanOrEqual(10);
    expect(served).toEqual(served.toSorted((a, b) => a - b));
  });
});

describe("waiting", () => {
  test("a wait ends with its time, and says who holds what", async () => {
    const { lane, clock } = open({ max: 1, acquireTimeoutMs: 100 });
    await lane.acquire();
    const late = outcomeOf(lane.acquire());
    await clock.advance(100);
    expect(late.ended()).toBeInstanceOf(AcquireTimeoutError);
    expect(late.ended()).toMatchObject({
      outcome: "not-sent",
      waitedMs: 100,
      facts: { max: 1, leased: 1, free: 0, oldestLeaseMs: 100 },
    });
    expect(lane.stats).toMatchObject({ timeouts: 1, waiting: 0 });
  });

  test("a caller's own deadline decides over the lane's", async () => {
    const { lane, clock } = open({ max: 1, acquireTimeoutMs: 1000 });
    await lane.acquire();
    const late = outcomeOf(lane.acquire({ deadline: clock.now() + 5 }));
    await clock.advance(5);
    expect(late.ended()).toBeInstanceOf(AcquireTimeoutError);
    await expect(lane.acquire({ deadline: clock.now() })).rejects.toBeInstanceOf(AcquireTimeoutError);
  });

  test("timed out at the very tick of the release, just before it: the lease stays in the lane", async () => {
    const { lane, clock } = open({ max: 1, acquireTimeoutMs: 100 });
    const held = await lane.acquire();
    const waiting = outcomeOf(lane.acquire());
    clock.setTimeout(() => void held.release(), 100);
    await clock.advance(100);
    expect(waiting.ended()).toBeInstanceOf(AcquireTimeoutError);
    expect(lane.stats).toMatchObject({ idle: 1, leased: 0, timeouts: 1 });
  });

  test("served at the very tick of the timeout, just before it: the lease is had, once", async () => {
    const { lane, clock } = open({ max: 1, acquireTimeoutMs: 100 });
    const held = await lane.acquire();
    clock.setTimeout(() => void held.release(), 100);
    const waiting = outcomeOf(lane.acquire());
    await clock.advance(100);
    expect(waiting.ended()).toHaveProperty("connection");
    expect(lane.stats).toMatchObject({ idle: 0, leased: 1, timeouts: 0 });
  });

  test("an aborted caller leaves with the signal's reason: queued, while his dial runs, before he starts", async () => {
    const { lane, factory, settle } = open({ max: 1 });
    const reason = new Error("gone");
    await expect(lane.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    factory.manual = true;
    const abort = new AbortController();
    const dialing = outcomeOf(lane.acquire({ signal: abort.signal }));
    await settle();
    abort.abort(reason);
    await settle();
    expect(dialing.ended()).toBe(reason);
    // The dial goes on for whoever comes next.
    expect(lane.stats).toMatchObject({ dialing: 1, waiting: 0 });
    factory.dials[0]!.succeed();
    await settle();
    expect(lane.stats).toMatchObject({ idle: 1, total: 1 });

    const held = await lane.acquire();
    const second = new AbortController();
    const queued = outcomeOf(lane.acquire({ signal: second.signal }));
    second.abort(reason);
    await settle();
    expect(queued.ended()).toBe(reason);
    await held.release();
    expect(lane.stats).toMatchObject({ idle: 1, waiting: 0 });
  });

  test("aborted after delivery, the lease is the caller's: exactly one outcome", async () => {
    const { lane } = open();
    const abort = new AbortController();
    await (await lane.acquire()).release();
    const acquired = lane.acquire({ signal: abort.signal });
    abort.abort();
    await expect(acquired).resolves.toHaveProperty("connection");
    expect(lane.stats.leased).toBe(1);
  });

  test("a dial that ends after its caller has left serves the next caller, and counts once", async () => {
    const { lane, factory, clock, settle } = open({ max: 1, acquireTimeoutMs: 100 });
    factory.manual = true;
    const first = outcomeOf(lane.acquire());
    await clock.advance(60);
    const second = outcomeOf(lane.acquire());
    await clock.advance(60);
    expect(first.ended()).toBeInstanceOf(AcquireTimeoutError);
    factory.dials[0]!.succeed();
    await settle();
    expect(second.ended()).toHaveProperty("connection");
    expect(lane.stats).toMatchObject({ dials: 1, total: 1, leased: 1, misses: 2 });
  });

  test("more than may wait are refused at once, with who holds what and since where", async () => {
    const { lane, clock } = open({ max: 1, maxWaiters: 1 });
    await lane.acquire();
    await clock.advance(40);
    const waiting = outcomeOf(lane.acquire());
    const refused = await lane.acquire().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PoolExhaustedError);
    expect(refused).toMatchObject({
      outcome: "not-sent",
      facts: { max: 1, free: 0, leased: 1, waiting: 1, oldestLeaseMs: 40 },
    });
    expect((refused as PoolExhaustedError).oldestLeaseStack).toContain("exclusive-lane.test.ts");
    expect(waiting.ended()).toBe("pending");
    expect(lane.stats.exhausted).toBe(1);
  });
});

describe("dialing", () => {
  test("a failed dial tells one waiter why; the others go on and are served", async () => {
    const { lane, factory, clock, settle } = open({ maxConcurrentDials: 1 });
    factory.manual = true;
    const refused = new Error("refused");
    const waiting = Array.from({ length: 5 }, () => outcomeOf(lane.acquire()));
    factory.dials[0]!.fail(refused);
    await settle();
    expect(waiting.map(({ ended }) => ended())).toEqual([
      refused,
      "pending",
      "pending",
      "pending",
      "pending",
    ]);
    factory.manual = false;
    await clock.advance(8);
    for (const { ended } of waiting.slice(1)) expect(ended()).toHaveProperty("connection");
    expect(lane.stats).toMatchObject({ failedDials: 1, leased: 4, waiting: 0 });
  });

  test("a dial that hangs ends with its deadline: aborted, its place is free, its late connection destroyed", async () => {
    const { lane, factory, clock, settle } = open({ max: 1, dialTimeoutMs: 200, acquireTimeoutMs: 1000 });
    factory.manual = true;
    const waiting = outcomeOf(lane.acquire());
    await clock.advance(200);
    expect(waiting.ended()).toMatchObject({ code: "FLEET_POOL_CONNECT_FAILED", outcome: "not-sent" });
    expect(factory.dials[0]!.signal.aborted).toBe(true);
    expect(lane.stats).toMatchObject({ dialing: 0, total: 0 });
    const late = factory.dials[0]!.succeed();
    await settle();
    expect(late.destroyed).toBe(true);
    expect(lane.stats.total).toBe(0);
  });

  test("a factory that throws at once is a failed dial", async () => {
    const { lane, factory } = open();
    factory.throwAtOnce = new Error("no address");
    await expect(lane.acquire()).rejects.toThrow("no address");
    expect(lane.stats).toMatchObject({ failedDials: 1, dialing: 0, total: 0 });
  });

  test("a wait that ends while dials fail has their reason as its cause", async () => {
    const { lane, factory, clock } = open({ acquireTimeoutMs: 5, redialMinDelayMs: 1000, random: () => 1 });
    factory.refuse = () => new Error("refused");
    await expect(lane.acquire()).rejects.toThrow("refused");
    const late = outcomeOf(lane.acquire());
    await clock.advance(5);
    expect(late.ended()).toBeInstanceOf(AcquireTimeoutError);
    expect((late.ended() as Error).cause).toHaveProperty("message", "refused");
  });

  test("a server that is gone is dialed ever more rarely, and not in step with others", async () => {
    const { lane, factory, clock } = open({ acquireTimeoutMs: 100_000, redialMaxDelayMs: 5000 });
    const at: number[] = [];
    factory.refuse = () => {
      at.push(clock.now());
      return new Error("refused");
    };
    const callers = Array.from({ length: 200 }, () => outcomeOf(lane.acquire()));
    await clock.advance(60_000);
    const inSecond = (second: number): number =>
      at.filter((time) => Math.floor((time - 1_000_000) / 1000) === second).length;
    expect(inSecond(0)).toBeLessThan(25);
    expect(inSecond(30)).toBeLessThan(4);
    expect(new Set(at.map((time, index) => time - (at[index - 1] ?? 0))).size).toBeGreaterThan(10);
    expect(callers.some(({ ended }) => ended() === "pending")).toBe(true);
  });

  test("refused credentials are tried again once a second at most", async () => {
    const { lane, factory, clock } = open({ acquireTimeoutMs: 100_000 });
    factory.refuse = () => new AuthenticationError("test", "WRONGPASS");
    for (let caller = 0; caller < 100; caller += 1) outcomeOf(lane.acquire());
    await clock.advance(10_000);
    // Two dials run at a time, so two can fail before the pause begins.
    expect(factory.dials.length).toBeLessThanOrEqual(12 + 1);
    expect(factory.dials.length).toBeGreaterThan(2);
  });
});

describe("giving back", () => {
  test("twice is once: the second is counted, and the next owner undisturbed", async () => {
    const { lane } = open({ max: 1 });
    const first = await lane.acquire();
    await first.release();
    const second = await lane.acquire();
    await first.release();
    first.destroy();
    await first[Symbol.asyncDispose]();
    expect(second.lost).toBe(false);
    expect(second.connection.destroyed).toBe(false);
    expect(lane.stats).toMatchObject({ leased: 1, idle: 0, doubleReleases: 3 });
  });

  test("a released lease gives no connection any more", async () => {
    const { lane } = open();
    const lease = await lane.acquire();
    const releasing = lease.release();
    expect(() => lease.connection).toThrow(LeaseReleasedError);
    await releasing;
  });

  test("what cannot be cleaned is destroyed: refused, failed, or too slow", async () => {
    const { lane, clock, factory, settle } = open({ max: 1, resetTimeoutMs: 50 });
    for (const resetTo of [false, new Error("no reply"), new Promise<boolean>(() => undefined)]) {
      const lease = await lane.acquire();
      const { connection } = lease;
      connection.resetTo = resetTo;
      const released = outcomeOf(lease.release());
      await settle();
      await clock.advance(50);
      expect(released.ended()).toBeUndefined();
      expect(connection.destroyed).toBe(true);
    }
    expect(lane.stats).toMatchObject({ total: 0, uncleaned: 3 });
    expect(factory.alive).toHaveLength(0);
  });

  test("a connection under cleaning counts: the maximum holds meanwhile", async () => {
    const { lane, factory, settle } = open({ max: 1 });
    const lease = await lane.acquire();
    const clean = Promise.withResolvers<boolean>();
    lease.connection.resetTo = clean.promise;
    const releasing = lease.release();
    const next = outcomeOf(lane.acquire());
    await settle();
    expect(lane.stats).toMatchObject({ resetting: 1, dialing: 0, waiting: 1, total: 1 });
    clean.resolve(true);
    await releasing;
    await settle();
    expect(next.ended()).toHaveProperty("connection");
    expect(factory.mostAlive).toBe(1);
  });

  test("destroying a lease makes room for another connection", async () => {
    const { lane, settle } = open({ max: 1 });
    const lease = await lane.acquire();
    const { connection } = lease;
    const next = outcomeOf(lane.acquire());
    lease.destroy();
    await settle();
    expect(connection.destroyed).toBe(true);
    expect(next.ended()).toHaveProperty("connection.id", 2);
  });
});

describe("death of a connection", () => {
  test("idle: it is gone with the event, not with the next caller", async () => {
    const { lane } = open();
    const lease = await lane.acquire();
    const { connection } = lease;
    await lease.release();
    connection.die();
    expect(lane.stats).toMatchObject({ idle: 0, total: 0, losses: 1 });
    await using next = await lane.acquire();
    expect(next.connection).not.toBe(connection);
  });

  test("leased: the lease is lost, and its place is free after the release", async () => {
    const { lane } = open({ max: 1 });
    const lease = await lane.acquire();
    const { connection } = lease;
    connection.die(new Error("reset"));
    expect(lease.lost).toBe(true);
    expect(lane.stats).toMatchObject({ leased: 1, total: 1 });
    await lease.release();
    expect(connection.resets).toBe(0);
    expect(lane.stats).toMatchObject({ leased: 0, total: 0 });
    expect(lease.lost).toBe(true);
  });

  test("between delivery and the caller's turn: he finds it lost, nobody else gets it", async () => {
    const { lane, factory } = open({ max: 1 });
    const acquired = lane.acquire();
    factory.made[0]?.die();
    const lease = await acquired;
    factory.made[0]!.die();
    expect(lease.lost).toBe(true);
    await lease.release();
    await using next = await lane.acquire();
    expect(next.lost).toBe(false);
  });

  test("under cleaning: it is not handed on", async () => {
    const { lane, settle } = open({ max: 1 });
    const lease = await lane.acquire();
    const { connection } = lease;
    const clean = Promise.withResolvers<boolean>();
    connection.resetTo = clean.promise;
    const releasing = lease.release();
    connection.die();
    clean.resolve(true);
    await releasing;
    await settle();
    expect(lane.stats).toMatchObject({ total: 0, losses: 1, uncleaned: 0 });
  });
});

describe("age", () => {
  test("idle connections are closed when their time is over, the surplus first", async () => {
    const { lane, clock, factory } = open({ idleTimeoutMs: 1000 });
    const leases = [await lane.acquire(), await lane.acquire()];
    await leases[0]!.release();
    await clock.advance(500);
    await leases[1]!.release();
    await clock.advance(500);
    expect(factory.made.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    await clock.advance(500);
    expect(lane.stats).toMatchObject({ idle: 0, stale: 2 });
    expect(clock.pending).toBe(0);
  });

  test("too old, a connection is closed on return, never under its lease", async () => {
    const { lane, clock } = open({ maxAgeMs: 1000 });
    const lease = await lane.acquire();
    const { connection } = lease;
    await clock.advance(5000);
    expect(connection.destroyed).toBe(false);
    await lease.release();
    expect(connection.destroyed).toBe(true);
    expect(connection.resets).toBe(0);
  });

  test("connections born together do not die together, and each dies when its birth decided", async () => {
    const { lane, clock, factory } = open({ max: 100, maxConcurrentDials: 100, maxAgeMs: 300_000 });
    const leases = await Promise.all(Array.from({ length: 100 }, () => lane.acquire()));
    await Promise.all(leases.map((lease) => lease.release()));
    const left: number[] = [];
    for (let second = 0; second < 300; second += 1) {
      left.push(factory.alive.length);
      await clock.advance(1000);
    }
    const deaths = left.map((alive, index) => (left[index - 1] ?? alive) - alive);
    expect(left.at(268)).toBe(100);
    expect(factory.alive).toHaveLength(0);
    expect(Math.max(...deaths)).toBeLessThan(15);
  });

  test("a process that slept for a minute does not throw its connections away", async () => {
    const { lane, clock } = open({ max: 10, maxConcurrentDials: 10 });
    const leases = await Promise.all(Array.from({ length: 10 }, () => lane.acquire()));
    await Promise.all(leases.map((lease) => lease.release()));
    await clock.advance(60_000);
    expect(lane.stats).toMatchObject({ idle: 10, stale: 0 });
  });
});

describe("closing", () => {
  test("refuses who comes and who waits, closes what is idle, lets leases finish", async () => {
    const { lane, factory, clock, settle } = open({ max: 2 });
    const [held, idle] = [await lane.acquire(), await lane.acquire()];
    await idle.release();
    const other = await lane.acquire();
    const waiting = outcomeOf(lane.acquire());
    await other.release();
    await settle();
    const lease = waiting.ended() as Awaited<ReturnType<typeof lane.acquire>>;
    await lease.release();
    const closed = outcomeOf(lane.close({ graceMs: 1000 }));
    await settle();
    expect(factory.alive).toHaveLength(1);
    expect(closed.ended()).toBe("pending");
    await expect(lane.acquire()).rejects.toBeInstanceOf(PoolClosedError);
    await held.release();
    await settle();
    expect(closed.ended()).toBeUndefined();
    expect(factory.alive).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  test("destroys what is still held when the grace is over", async () => {
    const { lane, factory, clock } = open();
    const lease = await lane.acquire();
    const closed = outcomeOf(lane.close({ graceMs: 500 }));
    await clock.advance(500);
    expect(closed.ended()).toBeUndefined();
    expect(factory.alive).toHaveLength(0);
    await lease.release();
    expect(lane.stats.total).toBe(0);
  });

  test("twice is the same promise", async () => {
    const { lane } = open();
    expect(lane.close()).toBe(lane.close({ graceMs: 1 }));
    await lane.close();
  });

  test("during a dial: the dial is aborted, its late connection destroyed, the waiter refused", async () => {
    const { lane, factory, clock, settle } = open();
    factory.manual = true;
    const waiting = outcomeOf(lane.acquire());
    await lane.close();
    await settle();
    expect(waiting.ended()).toBeInstanceOf(PoolClosedError);
    expect(factory.dials[0]!.signal.aborted).toBe(true);
    const late = factory.dials[0]!.succeed();
    await settle();
    expect(late.destroyed).toBe(true);
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
    expect(factory.dials).toHaveLength(1);
  });

  test("after failed dials: nothing is dialed any more", async () => {
    const { lane, factory, clock } = open();
    factory.refuse = () => new Error("refused");
    await expect(lane.acquire()).rejects.toThrow("refused");
    await lane.close();
    expect(clock.pending).toBe(0);
    expect(factory.dials).toHaveLength(1);
  });
});

test("the channels tell what became of each acquire and each connection", async () => {
  const told: unknown[] = [];
  const note = (message: unknown): void => void told.push(message);
  const channels = ["fleet:pool:acquire", "fleet:pool:connection"].map((name) => channel(name));
  for (const each of channels) each.subscribe(note);
  const { lane, clock } = open({ max: 1, acquireTimeoutMs: 30 });
  const lease = await lane.acquire();
  const late = outcomeOf(lane.acquire());
  await clock.advance(30);
  expect(late.ended()).toBeInstanceOf(AcquireTimeoutError);
  await lease.release();
  const again = await lane.acquire();
  again.connection.die(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  for (const each of channels) each.unsubscribe(note);
  expect(told).toEqual([
    { name: "test", lane: "exclusive", event: "open" },
    { name: "test", lane: "exclusive", waitedMs: 0, outcome: "miss" },
    { name: "test", lane: "exclusive", waitedMs: 30, outcome: "timeout" },
    { name: "test", lane: "exclusive", waitedMs: 0, outcome: "hit" },
    { name: "test", lane: "exclusive", event: "closed", code: "ECONNRESET" },
  ]);
});

test("where nobody may wait for others, a connection that can be dialed is still dialed", async () => {
  const { lane, factory, settle } = open({ max: 2, maxWaiters: 0 });
  factory.manual = true;
  const both = [outcomeOf(lane.acquire()), outcomeOf(lane.acquire())];
  await expect(lane.acquire()).rejects.toBeInstanceOf(PoolExhaustedError);
  for (const dial of factory.dials) dial.succeed();
  await settle();
  for (const { ended } of both) expect(ended()).toHaveProperty("connection");
  await expect(lane.acquire()).rejects.toBeInstanceOf(PoolExhaustedError);
});
