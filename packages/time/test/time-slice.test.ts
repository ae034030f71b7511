import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { TimeSlice } from "../src/index.ts";

test("a slice is over when its time is, and the next begins after input and output were served", async () => {
  const clock = new FakeClock();
  const slice = new TimeSlice(clock, 5);
  await clock.advance(4);
  expect(slice.isOver).toBe(false);
  await clock.advance(1);
  expect(slice.isOver).toBe(true);
  const order: string[] = [];
  setImmediate(() => order.push("others"));
  await slice.next();
  order.push("work");
  expect([order, slice.isOver]).toEqual([["others", "work"], false]);
});
