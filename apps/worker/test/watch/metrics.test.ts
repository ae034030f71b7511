import { channel } from "node:diagnostics_channel";

import type { Status, WorkerStats } from "@fleet/backfill";
import { expect, test } from "vitest";

import { openHealthPort } from "../../src/watch/health-port.ts";
import { openMetrics } from "../../src/watch/metrics.ts";
import type { Snapshot } from "../../src/watch/monitor.ts";

const snapshot = {
  status: {
    progress: 0.5,
    etaMs: 2500,
    ids: { total: 10, done: 5, dead: 1 },
    chunks: { leased: 2, retrying: 1, suspect: 0 },
    oldestLeaseLeftMs: -500,
  } as unknown as Status,
  isCurrent: true,
  stats: {
    state: "running",
    held: 2,
    pressure: 0.25,
    hub: { used: 3, limit: 5 },
    database: { used: 1, limit: 8 },
    buffer: { used: 20, limit: 200 },
  } as unknown as WorkerStats,
  breakers: { hub: "open", database: "closed" },
} satisfies Snapshot;

const tell = (name: string, message: object): void => channel(`fleet:backfill:${name}`).publish(message);

test("metrics count what the engine tells, and end when they are disposed", async () => {
  const metrics = openMetrics(() => snapshot);
  tell("turn", { phase: "sent", claimed: 0 });
  tell("turn", { phase: "answered", claimed: 3 });
  tell("chunk", { outcome: "done", done: 50, retried: 1, dead: 1, durationMs: 40 });
  tell("chunk", { outcome: "fenced", done: 9, retried: 0, dead: 0, durationMs: 40 });
  tell("fetch", { phase: "started" });
  tell("fetch", { phase: "ended", outcome: "fetched", durationMs: 20 });
  tell("write", { phase: "ended", outcome: "failed", durationMs: 20 });
  tell("limit", { event: "paused", ms: 1000 });
  tell("limit", { event: "waited", ms: 1000 });
  tell("redis", { event: "timeout" });
  const text = await metrics.render();
  for (const line of [
    "fleet_worker_claimed_chunks_total 3",
    'fleet_worker_chunks_total{outcome="done"} 1',
    'fleet_worker_chunks_total{outcome="fenced"} 1',
    'fleet_worker_ids_total{outcome="done"} 50',
    'fleet_worker_ids_total{outcome="dead"} 1',
    'fleet_worker_fetches_total{outcome="fetched"} 1',
    "fleet_worker_fetch_duration_seconds_count 1",
    'fleet_worker_writes_total{outcome="failed"} 1',
    "fleet_worker_hub_pauses_total 1",
    "fleet_worker_rate_wait_seconds_count 1",
    'fleet_worker_redis_events_total{event="timeout"} 1',
    "fleet_worker_held_chunks 2",
    'fleet_worker_permits{limit="hub",kind="used"} 3',
    'fleet_worker_permits{limit="buffer",kind="limit"} 200',
    "fleet_worker_pressure 0.25",
    'fleet_worker_breaker_state{breaker="hub",state="open"} 1',
    'fleet_worker_breaker_state{breaker="database",state="open"} 0',
    "fleet_worker_run_progress_ratio 0.5",
    "fleet_worker_run_eta_seconds 2.5",
    'fleet_worker_run_ids{state="dead"} 1',
    'fleet_worker_run_chunks{state="leased"} 2',
    "fleet_worker_run_oldest_lease_left_seconds -0.5",
    "fleet_worker_run_current 1",
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  metrics[Symbol.dispose]();
  expect(channel("fleet:backfill:chunk").hasSubscribers).toBe(false);
});

test("the port has probes, the status and the metrics, and answers nothing else", async () => {
  let now: Snapshot = snapshot;
  const metrics = { contentType: "text/plain", render: async () => "up 1\n" };
  await using port = await openHealthPort({ host: "127.0.0.1", port: 0, metrics, snapshot: () => now });
  const get = async (path: string, method = "GET"): Promise<readonly [number, string]> => {
    const response = await fetch(port.url + path, { method });
    return [response.status, await response.text()];
  };
  expect(await get("/healthz")).toEqual([200, '{"status":"ok"}\n']);
  expect(await get("/readyz?verbose")).toEqual([200, '{"status":"running"}\n']);
  expect(await get("/metrics")).toEqual([200, "up 1\n"]);
  expect(JSON.parse((await get("/status"))[1])).toMatchObject({
    breakers: { hub: "open" },
  });
  expect((await get("/"))[0]).toBe(404);
  expect((await get("//"))[0]).toBe(404);
  expect((await get("/healthz", "POST"))[0]).toBe(405);
  now = { ...snapshot, stats: { ...snapshot.stats, state: "draining" } };
  expect(await get("/readyz")).toEqual([503, '{"status":"draining"}\n']);
  now = { ...snapshot, isCurrent: false };
  expect(await get("/readyz")).toEqual([503, '{"status":"Redis does not answer"}\n']);
});

test("a port that is taken is told with its code", async () => {
  const metrics = { contentType: "text/plain", render: async () => "" };
  const options = { host: "127.0.0.1", metrics, snapshot: () => snapshot };
  await using first = await openHealthPort({ ...options, port: 0 });
  const port = Number(new URL(first.url).port);
  await expect(openHealthPort({ ...options, port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
