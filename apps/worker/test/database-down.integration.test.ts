import type { Status, Verification } from "@fleet/backfill";
import { eventually, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { startHub } from "./start-hub.ts";
import { postgresAvailable, startPostgres } from "./start-postgres.ts";
import { run, WorkerProcess } from "./worker-process.ts";

test("a database that is down stops the calls to the hub, burns no attempts, and the run goes on when it is back", async (context) => {
  const missing = postgresAvailable();
  if (missing !== undefined) context.skip(missing);
  await using opened = new AsyncDisposableStack();
  const redis = opened.use(await startRedis({ config: { appendonly: "yes" } }));
  const postgres = opened.use(await startPostgres());
  const hub = opened.use(await startHub());
  const buffer = 60;
  const environment = {
    FLEET_WORKER_REDIS_URL: `redis://${redis.host}:${redis.port}`,
    FLEET_WORKER_HUB_URL: hub.url,
    FLEET_WORKER_SINK: postgres.url,
    FLEET_WORKER_RANGE: "1..2000",
    FLEET_WORKER_CHUNK_SIZE: "10",
    FLEET_WORKER_REQUESTS_PER_SECOND: "400",
    FLEET_WORKER_BUFFER: String(buffer),
    FLEET_WORKER_ATTEMPTS: "2",
    FLEET_WORKER_BREAKER_FAILURES: "2",
    FLEET_WORKER_BREAKER_OPEN_MS: "200",
    FLEET_WORKER_BREAKER_MAX_OPEN_MS: "400",
    FLEET_WORKER_PROGRESS_MS: "100",
  };
  const first = opened.use(new WorkerProcess(["start", "--json"], environment));
  const second = opened.use(new WorkerProcess(["start", "--json"], environment));
  await first.until(/"progress":0\.[1-4]/);
  await postgres.kill();
  for (const worker of [first, second])
    await eventually(() => expect(worker.last).toMatchObject({ breakers: { database: "open" } }), {
      timeoutMs: 15_000,
    });
  const asked = hub.asked.length;
  // Long enough for hundreds of requests, were they made.
  const progress = first.out.length;
  await eventually(() => expect(first.out.slice(progress).split("\n").length).toBeGreaterThan(15), {
    timeoutMs: 15_000,
  });
  expect(hub.asked.length - asked).toBeLessThanOrEqual(2 * buffer);
  await postgres.restart();
  const ends = await Promise.all([first.ended, second.ended]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  const status = JSON.parse((await run(["status", "--json"], environment)).out) as Status;
  expect(status).toMatchObject({ state: "complete", ids: { done: 2000, dead: 0 } });
  const verification = JSON.parse((await run(["verify", "--json"], environment)).out) as Verification;
  expect(verification).toMatchObject({ clean: true, done: 2000, seen: 2000 });
  expect(await postgres.query("select count(*)::int as rows from fleet_records")).toEqual([{ rows: 2000 }]);
}, 60_000);
