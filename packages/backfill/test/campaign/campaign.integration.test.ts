import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { runCampaign } from "./campaign.ts";
import { fleet } from "./fleet-system.ts";

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

test(
  "ten workers killed, and ids that always fail, at the hub and at the sink: exactly they are given up, and it ends",
  { timeout: 240_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fleet-campaign-"));
    const report = await runCampaign({ system: fleet, kills: 10, seed: 9, folder, hasBad: true });
    expect(report).toMatchObject({ lost: [], unexpected: [], wronged: [], tokenFaults: [], stuck: 0 });
    // 12 neighbours, 11 single ones and the last 3 at the hub; 12 single ones and one near the end at the sink.
    expect(report.dead).toBe(report.rounds * (12 + 11 + 3 + 12 + 1));
    rmSync(folder, { recursive: true });
  },
);
