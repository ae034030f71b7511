import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { faultCampaign } from "../src/faults/fault-campaign.ts";

// Plays the ten faults for one watcher, as the scenario `discovery` does, without the wait for those that never notice.
const folder = await mkdtemp(join(tmpdir(), "fleet-bench-"));
const [fleet] = faultCampaign({ watchers: ["fleet"], windowMs: 1000, folder });
const { inSyncOfTen } = await fleet!.measure({ roundMs: 1, signal: new AbortController().signal });
await rm(folder, { recursive: true });
console.log(inSyncOfTen);
