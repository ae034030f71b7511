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
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0))
  throw new Error("--seed is a whole number, --minutes more than 0");
const missing = kubernetesAvailable();
if (values.real && missing !== undefined) throw new Error(missing);

console.log(`seed ${seed}`);
await using server = values.real
  ? await startKubernetes({ flags: { "goaway-chance": 0.02 } })
  : await startApiServerDouble();
const report = await runChurn({
  server,
  seed,
  durationMs: minutes * 60_000,
  say: (line) => console.log(line),
  // A real server takes seconds to start again, and answers in its own time.
  ...("inject" in server
    ? { faults: (random) => [...doubleFaults(server, random), ...restarts(server)] }
    : { faults: () => restarts(server), faultShare: 0.03, haste: 4 }),
});
console.log(report);
