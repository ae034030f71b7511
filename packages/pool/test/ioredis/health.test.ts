import { channel } from "node:diagnostics_channel";

import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { ConnectionError } from "../../src/index.ts";
import { HealthCheck } from "../../src/ioredis/health.ts";

const lost = new ConnectionError("p", "lost", "lost", "unknown");

function open(ping: () => Promise<boolean>): { clock: FakeClock; check: HealthCheck } {
  const clock = new FakeClock(5000);
  return { clock, check: new HealthCheck({ name: "p", intervalMs: 30_000, clock, ping }) };
}

test("nothing is known before the first check; a good one makes it healthy", async () => {
  const { clock, check } = open(async () => true);
  expect(check.health).toEqual({
    status: "unknown",
    lastCheckAt: undefined,
    lastSuccessAt: undefined,
    consecutiveFailures: 0,
    lastError: undefined,
    latencyMs: undefined,
  });
  await clock.advance(30_000);
  expect(check.health).toMatchObject({
    status: "healthy",
    lastCheckAt: 35_000,
    lastSuccessAt: 35_000,
    latencyMs: 0,
  });
});

test("failures are counted, with the code of the last; while sick it is asked every second", async () => {
  let asked = 0;
  let alive = false;
  const { clock, check } = open(async () => {
    asked += 1;
    if (!alive) throw lost;
    return true;
  });
  await clock.advance(33_000);
  expect(asked).toBe(4);
  expect(check.health).toMatchObject({
    status: "unhealthy",
    consecutiveFailures: 4,
    lastError: "FLEET_POOL_CONNECTION_LOST",
    lastSuccessAt: undefined,
  });
  alive = true;
  await clock.advance(1000);
  expect(check.health).toMatchObject({ status: "healthy", consecutiveFailures: 0, lastSuccessAt: 39_000 });
  await clock.advance(29_000);
  expect(asked).toBe(5);
});

test("where it is no time to ask, nothing changes, and it is asked again later", async () => {
  let asked = 0;
  const { clock, check } = open(async () => {
    asked += 1;
    return false;
  });
  await clock.advance(60_000);
  expect(asked).toBe(2);
  expect(check.health.status).toBe("unknown");
});

test("one check runs at a time, and none after the stop", async () => {
  let asked = 0;
  const { clock, check } = open(() => {
    asked += 1;
    return new Promise(() => undefined);
  });
  await clock.advance(200_000);
  expect(asked).toBe(1);
  check.stop();
  expect(clock.pending).toBe(0);
  const stopped = open(async () => true);
  stopped.check.stop();
  await stopped.clock.advance(100_000);
  expect(stopped.clock.pending).toBe(0);
  expect(stopped.check.health.status).toBe("unknown");
});

test("checks made elsewhere count too, and every check is told", () => {
  const told: unknown[] = [];
  const note = (message: unknown): void => void told.push(message);
  channel("fleet:pool:health").subscribe(note);
  const { check } = open(async () => true);
  check.report({ tookMs: 0.5 });
  check.report({ error: lost });
  check.report({ error: "no error at all" });
  channel("fleet:pool:health").unsubscribe(note);
  check.stop();
  expect(check.health).toMatchObject({ consecutiveFailures: 2, lastError: "UNKNOWN", latencyMs: 0.5 });
  expect(told).toEqual([
    { name: "p", status: "healthy", consecutiveFailures: 0, latencyMs: 0.5 },
    { name: "p", status: "unhealthy", consecutiveFailures: 1, code: "FLEET_POOL_CONNECTION_LOST" },
    { name: "p", status: "unhealthy", consecutiveFailures: 2, code: "UNKNOWN" },
  ]);
});
