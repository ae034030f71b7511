import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { type RedisServer, startCluster, startRedis } from "@fleet/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

/** A program that opens a run and closes nothing. It is over when it ends by itself. */
async function outputOf(
  program: string,
  connection = `new Redis(${server.port}, ${JSON.stringify(server.host)})`,
): Promise<readonly [number | null, string]> {
  const source = `
    import { Cluster, Redis } from "ioredis";
    import { Backfill } from "@fleet/backfill";
    const backfill = await Backfill.open({
      connect: () => ${connection},
      name: "idle",
      source: { kind: "range", from: 1, to: 100 },
    });
    const worker = backfill.worker({ fetch: async (id) => id, sink: { write: async () => {} }, limits: { requestsPerSecond: Infinity } });
    ${program}
    // Keeps nothing alive itself: it ends a process that something else does keep.
    setTimeout(() => { console.log("kept alive"); process.exit(); }, 5000).unref();`;
  const child = spawn(
    process.execPath,
    ["--conditions=@fleet/source", "--input-type=module", "--eval", source],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
  );
  const printed = await text(child.stdout);
  if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
  return [child.exitCode, printed.trim()];
}

test("a process ends while a run is open, and a worker made and not started", async () => {
  expect(await outputOf(`console.log((await backfill.status()).state);`)).toEqual([0, "running"]);
});

test("a process ends when its worker is through, though the run is open", async () => {
  expect(await outputOf(`console.log(await worker.start(), worker.stats.done);`)).toEqual([
    0,
    "complete 100",
  ]);
});

test("a process does not end while a worker waits for work, although nothing but it is there", async () => {
  await server.call("FLUSHALL");
  const program = `
    await backfill.pause();
    const end = worker.start();
    const other = new Redis(${server.port}, ${JSON.stringify(server.host)});
    while (worker.stats.state !== "paused") await new Promise((resolve) => setTimeout(resolve, 5));
    other.disconnect();
    // Its timer does not count, so that only the worker keeps the process.
    setTimeout(() => backfill.resume(), 500).unref();
    console.log(await end, worker.stats.done);`;
  expect(await outputOf(program)).toEqual([0, "complete 100"]);
});

test("a process ends while a run over a cluster is open, before and after its worker", async () => {
  await using cluster = await startCluster();
  const nodes = JSON.stringify(cluster.nodes.map(({ host, port }) => ({ host, port })));
  const connection = `new Cluster(${nodes})`;
  const idle = `console.log((await backfill.status()).state);`;
  expect(await outputOf(idle, connection)).toEqual([0, "running"]);
  expect(await outputOf(`console.log(await worker.start(), worker.stats.done);`, connection)).toEqual([
    0,
    "complete 100",
  ]);
});
