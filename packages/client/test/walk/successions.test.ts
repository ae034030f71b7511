import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { Successions } from "../../src/walk/successions.ts";

const patiently = async (found: Promise<void>): Promise<void> => found;

test("nobody waits for an instance that has lost nobody", async () => {
  const successions = new Successions({ ms: 5000, clock: new FakeClock() });
  expect(await successions.await("orders", patiently)).toBe(false);
  successions.lost("orders");
  expect(await successions.await("carts", patiently)).toBe(false);
});

test("whoever waits is told when somebody has taken over, and nobody waits any more", async () => {
  const successions = new Successions({ ms: 5000, clock: new FakeClock() });
  successions.lost("orders");
  const waiting = Promise.all([
    successions.await("orders", patiently),
    successions.await("orders", patiently),
  ]);
  successions.over("orders");
  expect(await waiting).toEqual([true, true]);
  expect(await successions.await("orders", patiently)).toBe(false);
});

test("the time counts from the loss, and losing again what is lost does not renew it", async () => {
  const clock = new FakeClock();
  const successions = new Successions({ ms: 5000, clock });
  const left = async (): Promise<number | undefined> => {
    let ms: number | undefined;
    await successions.await("orders", async (_found, leftMs) => void (ms = leftMs));
    return ms;
  };
  successions.lost("orders");
  await clock.advance(3000);
  successions.lost("orders");
  expect(await left()).toBe(2000);
  await clock.advance(2000);
  expect(await left()).toBeUndefined();
  successions.over("orders");
  successions.lost("orders");
  expect(await left()).toBe(5000);
});

test("with no time at all nobody waits", async () => {
  const successions = new Successions({ ms: 0, clock: new FakeClock() });
  successions.lost("orders");
  expect(await successions.await("orders", patiently)).toBe(false);
});

test("ten thousand wait, the next one does not", async () => {
  const successions = new Successions({ ms: 5000, clock: new FakeClock() });
  successions.lost("orders");
  const waiting = Array.from({ length: 10_000 }, () => successions.await("orders", patiently));
  expect(await successions.await("orders", patiently)).toBe(false);
  successions.over("orders");
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([true]));
});
