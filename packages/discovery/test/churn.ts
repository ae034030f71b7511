import { parseArgs } from "node:util";

import { kubernetesAvailable, startApiServerDouble, startKubernetes } from "@fleet/testkit/kubernetes";

import { doubleFaults, restarts } from "./churn-faults.ts";
import { runChurn } from "./churn-run.ts";

// The churn of reflector-churn.test.ts, for as long as one likes:
// node --conditions=@fleet/source packages/discovery/test/churn.ts --minutes 10 --seed 1 [--real]
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    real: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const durationMs = Number(values.minutes) * 60_000;
if (!Number.isInteger(seed) || !(durationMs > 0))
  throw new Error("--seed is a whole number, --minutes more than 0");
const missing = kubernetesAvailable();
if (values.real && missing !== undefined) throw new Error(missing);

console.log(`seed ${seed}`);
const say = (line: string): void => console.log(line);
if (values.real) {
  await using server = await startKubernetes({ flags: { "min-request-timeout": 5, "goaway-chance": 0.02 } });
  console.log(
    await runChurn({
      server,
      seed,
      durationMs,
      say,
      faultShare: 0.03,
      haste: 4,
      faults: () => restarts(server),
    }),
  );
} else {
  await using server = await startApiServerDouble();
  console.log(
    await runChurn({
      server,
      seed,
      durationMs,
      say,
      faults: (random) => [...doubleFaults(server, random), ...restarts(server)],
    }),
  );
}
