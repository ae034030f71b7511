import { type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { AwayError, LimitedError } from "../src/index.ts";
import { FakeGate } from "./engine/fake-gate.ts";
import { openOn, workerOn } from "./scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

test("closing while the breaker is open and nothing is under way does not wait for the grace", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 100 } });
  const hub = new FakeGate();
  const asked = Promise.withResolvers<void>();
  await using worker = workerOn(backfill, {
    gates: { hub },
    fetch: async () => {
      hub.isOpen = true;
      asked.resolve();
      throw new AwayError("gone");
    },
  });
  const end = worker.start();
  await asked.promise;
  // Were it waited for, this test would not end.
  await worker.close({ graceMs: 600_000 });
  expect(await end).toBe("stopped");
  expect((await backfill.status()).chunks.leased).toBe(0);
});

test("closing while a sink is away hands back what waits for it", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 } });
  const asked = Promise.withResolvers<void>();
  await using worker = workerOn(backfill, {
    retryMinDelayMs: 500_000,
    retryMaxDelayMs: 600_000,
    sink: {
      async write() {
        asked.resolve();
        throw new AwayError("gone");
      },
    },
  });
  const end = worker.start();
  await asked.promise;
  await worker.close({ graceMs: 600_000 });
  expect(await end).toBe("stopped");
  expect(await backfill.status()).toMatchObject({ chunks: { leased: 0 }, ids: { dead: 0 } });
});

test("closing while the hub wants to be left alone does not wait for that", async () => {
  await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 20 } });
  const asked = Promise.withResolvers<void>();
  await using worker = workerOn(backfill, {
    fetch: async () => {
      asked.resolve();
      throw new LimitedError(600_000);
    },
  });
  const end = worker.start();
  await asked.promise;
  await worker.close({ graceMs: 600_000 });
  expect(await end).toBe("stopped");
});

test.for(["5", NaN, -1, 2 ** 31, null])(
  "a grace of %s is refused, and nothing is closed by it",
  async (graceMs) => {
    await using backfill = await openOn(server, { source: { kind: "range", from: 1, to: 10 } });
    await using worker = workerOn(backfill);
    await expect(worker.close({ graceMs: graceMs as number })).rejects.toMatchObject({
      code: "FLEET_BACKFILL_INVALID_OPTION",
      option: "graceMs",
    });
    expect(await worker.start()).toBe("complete");
  },
);
