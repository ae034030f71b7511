import { getEventListeners } from "node:events";

import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { Failovers } from "../../src/walk/failover.ts";

interface Scene {
  readonly failovers: Failovers;
  readonly clock: FakeClock;
  readonly closing: AbortController;
  /** Waits, with a deadline far away. */
  readonly wait: (instance: string) => Promise<boolean>;
}

function scene(ms = 5000): Scene {
  const clock = new FakeClock();
  const closing = new AbortController();
  const failovers = new Failovers({ msOf: () => ms, clock, closing: closing.signal });
  return { failovers, clock, closing, wait: (instance) => failovers.wait(instance, { deadline: Infinity }) };
}

test("no call waits for an instance that has lost nothing", async () => {
  const { failovers, wait } = scene();
  expect(await wait("orders")).toBe(false);
  failovers.begin("orders");
  expect(await wait("carts")).toBe(false);
});

test("calls wait until there is a successor, and from then on none waits", async () => {
  const { failovers, clock, wait } = scene();
  failovers.begin("orders");
  const waiting = Promise.all([wait("orders"), wait("orders")]);
  expect(clock.pending).toBe(2);
  failovers.over("orders");
  expect(await waiting).toEqual([true, true]);
  expect([await wait("orders"), clock.pending]).toEqual([false, 0]);
});

test("the time counts from the loss, and another loss in between does not renew it", async () => {
  const { failovers, clock, wait } = scene();
  failovers.begin("orders");
  await clock.advance(3000);
  failovers.begin("orders");
  let isOver = false;
  const waiting = wait("orders").then(() => (isOver = true));
  await clock.advance(1999);
  expect(isOver).toBe(false);
  await clock.advance(1);
  await waiting;
  expect(await wait("orders")).toBe(false);
  failovers.over("orders");
  failovers.begin("orders");
  expect(clock.pending).toBe(0);
  const again = wait("orders");
  expect(clock.pending).toBe(1);
  await clock.advance(5000);
  expect(await again).toBe(true);
});

test("a wait ends with the deadline of its call, with its signal and with the fleet, and leaves nothing behind", async () => {
  const { failovers, clock, closing } = scene();
  failovers.begin("orders");
  const leaving = new AbortController();
  const early = failovers.wait("orders", { deadline: clock.now() + 100 });
  const left = failovers.wait("orders", { deadline: Infinity, signal: leaving.signal });
  const closed = failovers.wait("orders", { deadline: Infinity });
  await clock.advance(100);
  expect(await early).toBe(true);
  leaving.abort();
  expect(await left).toBe(true);
  closing.abort();
  expect(await closed).toBe(true);
  expect(clock.pending).toBe(0);
  for (const { signal } of [leaving, closing]) expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("with no time at all no call waits", async () => {
  const { failovers, wait } = scene(0);
  failovers.begin("orders");
  expect(await wait("orders")).toBe(false);
});

test("ten thousand wait, the next one does not", async () => {
  const { failovers, wait } = scene();
  failovers.begin("orders");
  const waiting = Array.from({ length: 10_000 }, () => wait("orders"));
  expect(await wait("orders")).toBe(false);
  failovers.over("orders");
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([true]));
});
