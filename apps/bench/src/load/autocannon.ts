import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { packageVersions } from "../harness/machine.ts";
import type { CommandLine } from "./cores.ts";
import { connections, wholeSeconds } from "./http-load.ts";
import type { LoadCount, LoadGenerator } from "./http-load.ts";
import { runProgram } from "./programs.ts";

const name = "autocannon";

interface Report {
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly mismatches: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** autocannon: always there, but itself Node, so it can be slower than a server that answers out of its hand. */
export function autocannon(folder: string, pinned: (command: CommandLine) => CommandLine): LoadGenerator {
  const script = fileURLToPath(import.meta.resolve("autocannon"));
  return {
    fact: `${name} ${packageVersions({ [name]: name })[name]}, ${connections} connections (wrk is not on PATH)`,
    async run({ url, method, headers, body }, { roundMs, signal }) {
      const load = [
        "--json",
        "--connections",
        String(connections),
        "--duration",
        String(wholeSeconds(roundMs)),
      ];
      const request = ["--method", method];
      if (body !== undefined) {
        // Through a file: its command line takes what begins with `[` for an object of arguments.
        const input = join(folder, "request-body");
        await writeFile(input, body);
        request.push("--input", input);
      }
      const fields = Object.entries(headers).flatMap(([field, value]) => ["--headers", `${field}=${value}`]);
      const command: CommandLine = [process.execPath, script, ...load, ...request, ...fields, url];
      return countOf(await runProgram(pinned(command), { signal }));
    },
  };
}

/** Reads the report of `--json`. Its latencies are whole milliseconds. */
export function countOf(printed: string): LoadCount {
  const report = JSON.parse(printed) as Report;
  return {
    answers: report["2xx"] + report.non2xx,
    failures: report.non2xx + report.errors + report.timeouts + report.mismatches,
    seconds: report.duration,
    p50Ms: report.latency.p50,
    p99Ms: report.latency.p99,
  };
}
