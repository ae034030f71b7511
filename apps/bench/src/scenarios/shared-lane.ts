import { startRedis } from "@fleet/testkit";

import { PeerProcess } from "../contestants/peer-process.ts";
import type { Comparison, Scenario } from "../harness/scenario.ts";
import { inFlight, valueBytes } from "../load/keys.ts";
import type { Workload } from "../load/peer.ts";
import { findProgram } from "../load/programs.ts";
import { redisBenchmark } from "../load/redis-benchmark.ts";

const clients = ["fleet", "ioredis", "ioredis-autopipelining", "node-redis", "generic-pool"];
const limit = "redis-benchmark";
const workloads: readonly Workload[] = ["get", "set"];

/** Reads bear the bare name; it is what ratios are quoted for. */
const rowOf = (name: string, workload: Workload): string =>
  workload === "get" ? name : `${name}-${workload}`;

const comparisons: readonly Comparison[] = workloads.map((workload) => ({
  title: `${workload.toUpperCase()} of ${valueBytes} B, ${inFlight} in flight, closed loop`,
  ours: rowOf("fleet", workload),
  theirs: Object.fromEntries([...clients.slice(1), limit].map((name) => [name, rowOf(name, workload)])),
}));

export const sharedLane: Scenario = {
  name: "shared-lane",
  question:
    "How many commands a second does one shared connection carry, against the clients and pools people use?",
  full: { rounds: 9, roundMs: 1200 },
  quick: { rounds: 3, roundMs: 700 },
  async prepare({ seed, opened }) {
    const server = opened.use(await startRedis());
    const address = { host: server.host, port: server.port };
    const processes = await Promise.all(
      clients.map(async (name) => ({
        name,
        process: opened.use(await PeerProcess.start(name, address, seed)),
      })),
    );
    const program = findProgram(limit);
    return {
      contestants: workloads.flatMap((workload) => [
        ...processes.map(({ name, process }) => process.contestant(rowOf(name, workload), workload)),
        ...(program === undefined
          ? []
          : [redisBenchmark(program, address, rowOf(limit, workload), workload)]),
      ]),
      comparisons,
      packages: {
        "@fleet/pool": "@fleet/pool",
        ioredis: "ioredis",
        "node-redis": "redis",
        "generic-pool": "generic-pool",
      },
      versions: { [`${server.flavour}-server`]: server.version },
      setup: {},
      notes: program === undefined ? [`${limit} is not on PATH: its rows and ratios are left out`] : [],
    };
  },
};
