import { FakeClock } from "@fleet/testkit";
import { expect, test } from "vitest";

import { sleep } from "../src/sleep.ts";

test("a pause whose signal is aborted already is none", async () => {
  const clock = new FakeClock();
  await sleep(clock, 1500, AbortSignal.abort());
  expect(clock.pending).toBe(0);
});
