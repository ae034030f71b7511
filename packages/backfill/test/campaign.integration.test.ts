import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { runCampaign } from "./campaign/campaign.ts";
import { fleet } from "./campaign/fleet-system.ts";

test(
  "thirty workers killed, Redis too, connections half-opened: nothing is lost, and the work is back within a lease",
  { timeout: 240_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fleet-campaign-"));
    const leaseMs = 1000;
    const perSecond = 200;
    const seed = 20_26;
    const report = await runCampaign({
      system: fleet,
      kills: 30,
      seed,
      folder,
      leaseMs,
      perSecond,
    });
    expect(report).toMatchObject({
      lost: [],
      unexpected: [],
      dead: 0,
      tokenFaults: [],
      stuck: 0,
    });
    expect(report.kills).toBeGreaterThanOrEqual(30);
    // The rate, its burst, and for each place at the hub a call that a busy machine held up after it was let go.
    expect(report.mostPerSecond).toBeLessThanOrEqual(perSecond + perSecond / 100 + 1 + 3 * 5);
    expect(report.duplicates).toBeLessThanOrEqual(report.kills * (4 * 5 + 8 * 5));
    rmSync(folder, { recursive: true });
  },
);
