import type { Contestant, Figures } from "../harness/scenario.ts";
import { inFlight, keyCount, keyOf, valueOf } from "./keys.ts";
import type { Address, Workload } from "./peer.ts";
import { runProgram } from "./programs.ts";

const firstGuess = 100_000;

/**
 * redis-benchmark on one connection with as many commands under way as the peers have: what a client in C reaches that
 * neither decodes nor hands out its replies. It counts commands, not time, so each turn is sized by the one before.
 */
export function redisBenchmark(
  program: string,
  server: Address,
  name: string,
  workload: Workload,
): Contestant {
  let opsPerSec = firstGuess;
  const key = keyOf(workload, 0).replace(/\d+$/, "__rand_int__");
  const command = workload === "get" ? ["GET", key] : ["SET", key, valueOf(0)];
  return {
    name,
    measure: async ({ roundMs, signal }) => {
      const count = Math.max(inFlight, Math.round((opsPerSec * roundMs) / 1000));
      const target = ["-h", server.host, "-p", String(server.port)];
      const load = ["-c", "1", "-P", String(inFlight), "-n", String(count), "-r", String(keyCount), "--csv"];
      const figures = figuresOf(await runProgram([program, ...target, ...load, ...command], { signal }));
      opsPerSec = figures["opsPerSec"]!;
      return figures;
    },
  };
}

/** Reads `--csv`. Before Redis 6.2 it had one line and no latencies. */
export function figuresOf(csv: string): Figures {
  const lines = csv
    .trim()
    .split("\n")
    .map((line) => line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const values = lines.at(-1)!;
  const titles = lines.length > 1 ? lines.at(-2)! : ["test", "rps"];
  const column = (title: string): number | undefined => {
    const index = titles.indexOf(title);
    return index === -1 ? undefined : Number(values[index]);
  };
  const opsPerSec = column("rps");
  if (opsPerSec === undefined || !(opsPerSec > 0))
    throw new Error(`redis-benchmark printed ${JSON.stringify(csv.slice(-200))}`);
  const p50Ms = column("p50_latency_ms");
  const p99Ms = column("p99_latency_ms");
  return { opsPerSec, ...(p50Ms !== undefined && { p50Ms }), ...(p99Ms !== undefined && { p99Ms }) };
}
