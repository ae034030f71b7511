import { expect, test } from "vitest";

import { Freshness } from "../../../src/kubernetes/reflector/freshness.ts";

function read(version: string, at = 100): Freshness {
  const currency = new Freshness();
  currency.read(version, at);
  return currency;
}

test("a whole set was current when it was asked for", () => {
  expect(new Freshness().provedAt).toBeUndefined();
  expect(read("10").provedAt).toBe(100);
});

test("a server that stands where the watch is proves it at once", () => {
  const currency = read("10");
  expect(currency.answered("10", { at: 200, from: "10" })).toBe("current");
  expect([currency.provedAt, currency.isWaiting]).toEqual([200, false]);
});

test("a server that has moved on proves nothing until the watch has reached where it was", () => {
  const currency = read("10");
  expect(currency.answered("15", { at: 200, from: "10" })).toBe("later");
  expect([currency.provedAt, currency.isWaiting]).toEqual([100, true]);
  expect(currency.reached("14")).toBe(false);
  expect(currency.reached("100")).toBe(true);
  expect([currency.provedAt, currency.isWaiting, currency.position]).toEqual([200, false, "100"]);
});

test("the last question counts, and what the watch has seen while it was asked", () => {
  const currency = read("10");
  currency.answered("15", { at: 200, from: "10" });
  currency.answered("20", { at: 300, from: "10" });
  expect(currency.reached("15")).toBe(false);
  const from = currency.position!;
  currency.reached("25");
  expect(currency.answered("22", { at: 400, from })).toBe("current");
  expect(currency.provedAt).toBe(400);
});

test("a server behind what was seen before it was asked went back in time", () => {
  const currency = read("10");
  expect(currency.answered("9", { at: 200, from: "10" })).toBe("behind");
  expect([currency.provedAt, currency.isWaiting]).toEqual([100, false]);
});

test("of versions that cannot be compared only the same one proves something", () => {
  const currency = read("a");
  expect(currency.answered("b", { at: 200, from: "a" })).toBe("later");
  expect(currency.reached("c")).toBe(false);
  expect(currency.reached("b")).toBe(true);
  expect(currency.answered("b", { at: 300, from: "b" })).toBe("current");
});
