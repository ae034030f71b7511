import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { ChildOptions } from "./campaign/child.ts";
import { Children } from "./campaign/children.ts";
import { type Ledger, startLedger } from "./campaign/ledger.ts";
import { all, idsFrom, MemorySink, openOn, workerOn } from "./scene.ts";

const folder = mkdtempSync(join(tmpdir(), "fleet-backfill-"));
/** Starting a process takes seconds where a machine is busy. */
vi.setConfig({ testTimeout: 60_000 });

const leaseMs = 600;
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Scene extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly children: Children;
  readonly options: ChildOptions;
}

async function openScene(options: { readonly fetchMs?: number } = {}): Promise<Scene> {
  const ledger = await startLedger({ file: join(folder, "history"), ...options });
  const children = new Children();
  return {
    ledger,
    children,
    options: {
      redisPort: server.port,
      ledgerPort: ledger.port,
      name: "casts",
      // A busy machine is no Redis that is away.
      commandTimeoutMs: 10_000,
      worker: { leaseMs, retryMinDelayMs: 10, limits: { requestsPerSecond: 10_000, hub: 2, buffer: 20 } },
    },
    [Symbol.asyncDispose]: async () => {
      await children[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

const sorted = (ids: Iterable<string>): readonly string[] =>
  [...ids].toSorted((a, b) => Number(a) - Number(b));

describe("a worker that dies by SIGKILL", () => {
  test.for<NonNullable<ChildOptions["crashAt"]>>([
    { channel: "turn", phase: "sent", nth: 1 },
    { channel: "turn", phase: "answered", nth: 1 },
    { channel: "fetch", phase: "started", nth: 3 },
    { channel: "fetch", phase: "ended", nth: 7 },
    { channel: "write", phase: "started", nth: 1 },
    { channel: "write", phase: "ended", nth: 1 },
    { channel: "turn", phase: "sent", nth: 3 },
    { channel: "turn", phase: "answered", nth: 3 },
  ])(
    "at $channel $phase number $nth: nothing is lost, and its work is taken up when the lease is over",
    async (crashAt) => {
      await using scene = await openScene();
      await using backfill = await openOn(server, {
        chunkSize: 5,
        source: { kind: "range", from: 1, to: 100 },
      });
      const victim = scene.children.start("child.ts", { ...scene.options, crashAt });
      expect(await victim.end).toBe("SIGKILL");
      const sink = new MemorySink();
      await using survivor = workerOn(backfill, { sink, leaseMs });
      expect(await survivor.start()).toBe("complete");
      const stored = new Set([...scene.ledger.store.keys(), ...sink.ids]);
      expect(sorted(stored)).toEqual(idsFrom(1, 100));
      expect(await backfill.status()).toMatchObject({ state: "complete", ids: { done: 100, dead: 0 } });
      expect(await backfill.verify(stored)).toMatchObject({ clean: true });
    },
  );

  test("has its work taken up by one who was there already, as soon as the lease is over", async () => {
    await using scene = await openScene({ fetchMs: 20 });
    await using backfill = await openOn(server, {
      chunkSize: 5,
      source: { kind: "range", from: 1, to: 500 },
    });
    const victim = scene.children.start("child.ts", {
      ...scene.options,
      crashAt: { channel: "fetch", phase: "ended", nth: 8 },
    });
    const sink = new MemorySink();
    // So that there is something left to do when the other one dies.
    const fetch = (id: string): Promise<string> => victim.end.then(() => id);
    await using survivor = workerOn(backfill, { sink, leaseMs, limits: { buffer: 10 }, fetch });
    await eventually(() => expect(victim.said).toContain("started"));
    const end = survivor.start();
    await victim.end;
    await eventually(async () => expect((await backfill.status()).counts.crashed).toBeGreaterThan(0));
    expect(await end).toBe("complete");
    expect(sorted(new Set([...scene.ledger.store.keys(), ...sink.ids]))).toEqual(idsFrom(1, 500));
  });
});

describe("an id that kills its process", () => {
  test.for(["fetch", "write"] as const)(
    "in %s is found: after so many crashes as the limit says it is dead, and all others are done",
    async (call) => {
      await using scene = await openScene();
      await using backfill = await openOn(server, {
        chunkSize: 10,
        source: { kind: "range", from: 1, to: 60 },
      });
      const options = { ...scene.options, poison: { id: "17", call } };
      let crashes = 0;
      for (;;) {
        const end = await scene.children.start("child.ts", options).end;
        if (end === 0) break;
        expect(end).toBe("SIGKILL");
        crashes += 1;
      }
      expect(crashes).toBe(4);
      expect(await all(backfill.deadLetters())).toMatchObject([{ id: "17", reason: "crashes", crashes: 4 }]);
      expect(sorted(scene.ledger.store.keys())).toEqual(idsFrom(1, 60).filter((id) => id !== "17"));
      expect(await backfill.verify(scene.ledger.store.keys())).toMatchObject({ clean: true, dead: 1 });
    },
  );

  test("does not take those down with it that were in work beside it, whatever its place", async () => {
    await using scene = await openScene();
    await using backfill = await openOn(server, {
      chunkSize: 10,
      source: { kind: "range", from: 1, to: 40 },
    });
    // The first of its chunk, so that it is always the first to be tried alone.
    const options = { ...scene.options, poison: { id: "11", call: "fetch" } } as const;
    while ((await scene.children.start("child.ts", options).end) !== 0);
    expect((await all(backfill.deadLetters())).map(({ id }) => id)).toEqual(["11"]);
  });
});

describe("a worker whose event loop stands still for twice its lease", () => {
  test("finds its chunk another's: its writes carry the old token, its acknowledgement does not count", async () => {
    await using scene = await openScene();
    await using backfill = await openOn(server, { chunkSize: 5, source: { kind: "range", from: 1, to: 20 } });
    const blocked = scene.children.start("child.ts", {
      ...scene.options,
      block: { id: "3", ms: 3 * leaseMs },
    });
    await eventually(async () => expect(await backfill.inspect("3")).toMatchObject({ state: "leased" }));
    const before = (await backfill.inspect("3")) as { readonly token: number };
    const sink = new MemorySink();
    await using other = workerOn(backfill, { sink, leaseMs });
    expect(await other.start()).toBe("complete");
    expect(blocked.isGone).toBe(false);
    expect(sink.records.get("3")!.token).toBeGreaterThan(before.token);
    expect(await blocked.end).toBe(0);
    const { chunks, counts } = await backfill.status();
    expect(counts.crashed).toBeGreaterThan(0);
    // Each was acknowledged once.
    expect({ ...chunks, ...counts }).toMatchObject({ done: 4, leased: 0 });
    expect(sorted(new Set([...scene.ledger.store.keys(), ...sink.ids]))).toEqual(idsFrom(1, 20));
  });
});

test("a worker that is told to end by SIGTERM hands back, and the next one has its chunks long before their lease is over", async () => {
  await using scene = await openScene({ fetchMs: 60_000 });
  await using backfill = await openOn(server, { chunkSize: 5, source: { kind: "range", from: 1, to: 20 } });
  const options = { ...scene.options, worker: { ...scene.options.worker, leaseMs: 60_000 } };
  const leaving = scene.children.start("child.ts", options);
  await eventually(async () => expect((await backfill.status()).chunks.leased).toBe(4), {
    timeoutMs: 30_000,
  });
  const next = scene.children.start("child.ts", options);
  await eventually(() => expect(next.said).toContain("started"), { timeoutMs: 30_000 });
  leaving.kill("SIGTERM");
  expect(await leaving.end).toBe(0);
  expect(leaving.said).toContain("stopped");
  await eventually(async () => expect((await backfill.status()).chunks.leased).toBe(4), {
    timeoutMs: 30_000,
  });
  expect((await backfill.status()).counts).toMatchObject({ handedBack: 4, crashed: 0, claimed: 8 });
});
