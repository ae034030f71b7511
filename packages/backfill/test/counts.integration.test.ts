import { eventually, type RedisServer, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { openOn, workerOn } from "./scene.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
beforeEach(() => server.call("FLUSHALL"));
afterAll(() => server.close());

describe("the count of ids", () => {
  test.for([1, 5, 11, 50, 120])("of a list of %d is the number of its elements", async (many) => {
    const jobs = Array.from({ length: many }, (_, at) => `job-${at}`);
    await server.call("RPUSH", "jobs", ...jobs);
    await using backfill = await openOn(server, { source: { kind: "list", key: "jobs" }, chunkSize: 50 });
    await using worker = workerOn(backfill, {
      exitOnComplete: true,
      attempts: 1,
      fetch: async (id) => {
        if (id === "job-0") throw new Error("bad");
        return id;
      },
    });
    await worker.start();
    expect((await backfill.status()).ids).toMatchObject({ done: many, dead: 1, waiting: 0 });
    // One of them has a new start.
    await backfill.retry();
    expect((await backfill.status()).ids).toMatchObject({ done: many - 1, dead: 0 });
    await using next = workerOn(backfill, { exitOnComplete: true });
    await next.start();
    expect((await backfill.status()).ids).toMatchObject({ done: many, dead: 0 });
  });

  test("of a stream is the number of its entries, those that wait for their next try not among them", async () => {
    for (let at = 0; at < 7; at += 1) await server.call("XADD", "jobs", "*", "n", String(at));
    await using backfill = await openOn(server, {
      source: { kind: "stream", key: "jobs", group: "workers" },
      chunkSize: 5,
    });
    await using worker = workerOn(backfill, {
      retryMinDelayMs: 500_000,
      retryMaxDelayMs: 600_000,
      fetch: async (id, { fields }) => {
        if (fields?.["n"] === "3") throw new Error("later");
        return id;
      },
    });
    const end = worker.start();
    await eventually(async () => expect((await backfill.status()).ids).toMatchObject({ done: 6, dead: 0 }));
    await worker.close();
    expect(await end).toBe("stopped");
  });
});
