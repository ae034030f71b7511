import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { eventually, seededRandom, startRedis } from "@fleet/testkit";
import { expect, test } from "vitest";

import { at } from "../open-gateway.ts";
import { abuses, send } from "./abuse.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const seed = Number(process.env["FLEET_TEST_CAMPAIGN_SEED"] ?? 1);
/** An hour: `FLEET_TEST_CAMPAIGN_MS=3600000`. */
const campaignMs = Number(process.env["FLEET_TEST_CAMPAIGN_MS"] ?? 30_000);
const token = "campaign-token-for-tests";

test(
  `a process with a heap of 256 MB survives abuse, and its probes are answered throughout (seed ${seed})`,
  async () => {
    await using redis = await startRedis();
    const folder = await mkdtemp(join(tmpdir(), "fleet-campaign-"));
    const config = join(folder, "gateway.json");
    await writeFile(
      config,
      JSON.stringify({
        listen: { port: 0 },
        adminListen: { port: 0 },
        drainDelayMs: 0,
        requestTimeoutMs: 5000,
        slowReaderTimeoutMs: 2000,
        timeoutMs: 20_000,
        instances: [{ name: "orders", endpoints: [at(redis)] }],
        tokens: [
          {
            name: "web",
            digest: hash("sha256", token),
            rights: "full",
            targets: ["orders"],
            dedicated: true,
          },
        ],
      }),
    );
    const args = ["--max-old-space-size=256", "--conditions=@fleet/source", main, "--config", config];
    const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] } });
    const ended = once(child, "exit");
    let log = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
    try {
      const line = await eventually(
        () => {
          const found = log.split("\n").find((one) => one.includes('"listening"'));
          return JSON.parse(found ?? "") as { data: string; admin: string };
        },
        { timeoutMs: 15_000 },
      );
      const abused = { port: Number(new URL(line.data).port), token, redis, random: seededRandom(seed) };
      const rssMb = (): number =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) / 1024;
      const descriptors = (): number => readdirSync(`/proc/${child.pid}/fd`).length;
      await send(abused, "/ping", "");
      const before = { descriptors: descriptors() };
      let running = "";
      const slow: Record<string, number> = {};
      // In a thread of its own: making the requests takes this one long.
      const prober = new Worker(probing, { eval: true, workerData: `${line.admin}/healthz` });
      const probes: number[] = [];
      prober.on("message", (ms: number) => {
        probes.push(ms);
        if (ms > 100) slow[running] = Math.max(slow[running] ?? 0, Math.round(ms));
      });
      const names = Object.keys(abuses);
      const until = performance.now() + campaignMs;
      const statuses = new Map<string, Set<number>>();
      for (let round = 0; round < names.length || performance.now() < until; round += 1) {
        // Each once, then by chance.
        const name = names[round < names.length ? round : Math.floor(abused.random() * names.length)]!;
        running = name;
        const answered = await abuses[name]!(abused);
        statuses.set(name, new Set([...(statuses.get(name) ?? []), ...answered]));
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${name}: the gateway ended: ${log.slice(-2000)}`);
      }
      await prober.terminate();
      expect(probes.length).toBeGreaterThan(100);
      console.log(
        JSON.stringify({
          statuses: Object.fromEntries([...statuses].map(([name, all]) => [name, [...all]])),
          slow,
          rss: Math.round(rssMb()),
        }),
      );
      await eventually(() => expect(descriptors()).toBeLessThanOrEqual(before.descriptors + 2), {
        timeoutMs: 20_000,
      });
      for (const [name, all] of statuses)
        expect([name, all.has(500), all.has(0)]).toEqual([name, false, false]);
      expect(log).not.toContain('"level":50');
      expect(rssMb()).toBeLessThan(700);
      expect(await send(abused, "/ping", "")).toBe(200);
      // On a machine of its own every one; what else runs on this one, the abusers first, takes the same processors.
      probes.sort((a, b) => a - b);
      expect(probes[Math.floor(probes.length * 0.95)]).toBeLessThan(100);
      expect(probes.at(-1)).toBeLessThan(2000);
    } finally {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true });
    }
  },
  campaignMs + 120_000,
);

const probing = `
  const { get } = require("node:http");
  const { parentPort, workerData } = require("node:worker_threads");
  const probe = () => {
    const startedAt = performance.now();
    get(workerData, { agent: false }, (answer) => answer.resume().on("end", () => {
      parentPort.postMessage(answer.statusCode === 200 ? performance.now() - startedAt : Infinity);
      setTimeout(probe, 5);
    })).on("error", () => parentPort.postMessage(Infinity));
  };
  probe();
`;
