import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { inWords, runCampaign } from "./campaign.ts";
import { fleet } from "./fleet-system.ts";
import type { System } from "./system.ts";

// `pnpm --filter @fleet/backfill campaign --kills 1000 --seed 7`: exits with 1 when anything was lost.
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    every: { type: "string", default: "550" },
    lease: { type: "string", default: "1000" },
    ids: { type: "string", default: "600" },
    bad: { type: "boolean", default: false },
    system: { type: "string", default: "fleet" },
    folder: { type: "string" },
  },
});
const systems: Readonly<Record<string, () => Promise<System>>> = {
  fleet: async () => fleet,
  bullmq: async () => (await import("./bullmq-system.ts")).bullmq,
};
const system = systems[values.system];
if (system === undefined) throw new Error(`--system is fleet or bullmq, not ${values.system}`);
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "fleet-campaign-"));
// oxlint-disable-next-line no-console -- it is a program
const say = (line: string): void => console.log(line);
say(`histories in ${folder}`);
const report = await runCampaign({
  system: await system(),
  kills: Number(values.kills),
  seed: Number(values.seed),
  leaseMs: Number(values.lease),
  everyMs: Number(values.every),
  ids: Number(values.ids),
  hasBad: values.bad,
  folder,
  drainMs: 300_000,
  say,
});
say(
  `${values.system}, seed ${values.seed}: ${report.rounds} rounds in ${Math.round(report.tookMs / 1000)} s, ` +
    `Redis killed ${report.redisKills} times, half-open ${report.halfOpens} times, stuck ${report.stuck}; ${inWords(report)}`,
);
const isSound =
  report.lost.length +
    report.unexpected.length +
    report.wronged.length +
    report.tokenFaults.length +
    report.stuck ===
  0;
if (!isSound) process.exitCode = 1;
