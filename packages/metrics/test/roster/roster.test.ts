import { expect, test } from "vitest";

import { Departures } from "../../src/roster/roster.ts";

const instance = (i: number): { name: string; endpoints: { host: string; port: number }[] } => ({
  name: `instance-${i}`,
  endpoints: [{ host: "h", port: 1 }],
});

test("the last ten thousand departures are remembered, and an arrival forgets one", () => {
  const departures = new Departures();
  for (let i = 0; i <= 10_000; i += 1) departures.record({ type: "removed", instance: instance(i) });
  expect(departures.hasInstance("instance-0")).toBe(true);
  expect(departures.hasEndpoint("instance-0/h:1")).toBe(true);
  expect(departures.hasInstance("instance-1")).toBe(false);
  expect(departures.hasEndpoint("instance-10000/h:1")).toBe(false);
  departures.record({ type: "added", instance: instance(1) });
  expect(departures.hasInstance("instance-1")).toBe(true);
  expect(departures.hasEndpoint("instance-1/h:1")).toBe(true);
});

test("a departure that is repeated counts from then", () => {
  const departures = new Departures();
  for (let i = 0; i < 10_000; i += 1) departures.record({ type: "removed", instance: instance(i) });
  departures.record({ type: "removed", instance: instance(0) });
  departures.record({ type: "removed", instance: instance(10_000) });
  expect(departures.hasInstance("instance-0")).toBe(false);
  expect(departures.hasInstance("instance-1")).toBe(true);
});
