import { startApiServerDouble } from "@fleet/testkit/kubernetes";
import { expect, test } from "vitest";

import { doubleFaults, restarts } from "./churn-faults.ts";
import { runChurn } from "./churn-run.ts";

// Ten minutes of it: churn.ts.
test("whatever changes and whatever goes wrong, a reflector ends up with what the server has, and told each change once", async () => {
  await using server = await startApiServerDouble();
  const report = await runChurn({
    server,
    seed: 20261125,
    leastRounds: 12,
    faults: (random) => [...doubleFaults(server, random), ...restarts(server)],
  });
  expect(report.told).toBeGreaterThan(100);
  expect(Object.keys(report.faults).length).toBeGreaterThan(15);
  expect(report.heapGrowthBytes).toBeLessThan(8_000_000);
}, 120_000);
