import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CommandLine } from "./cores.ts";
import { connections, wholeSeconds } from "./http-load.ts";
import type { HttpRequest, LoadCount, LoadGenerator } from "./http-load.ts";
import { runProgram } from "./programs.ts";

const marker = "COUNTED ";
const microsecondsPerMs = 1000;
const timeoutSeconds = 5;

interface Counted {
  readonly requests: number;
  readonly us: number;
  readonly failures: number;
  readonly p50: number;
  readonly p99: number;
}

/** wrk: written in C, so that it is not the slowest of the two when the server answers out of its hand. */
export async function wrk(
  program: string,
  folder: string,
  pinned: (command: CommandLine) => CommandLine,
): Promise<LoadGenerator> {
  // `wrk -v` prints its version and then, as it lacks a URL, its usage; hence the exit code.
  const version = /wrk \S*?(\d+\.\d+\.\d+)/.exec(await runProgram([program, "-v"], { exitCode: 1 }))?.[1];
  return {
    fact: `wrk ${version ?? "(version unknown)"}, 1 thread, ${connections} connections`,
    async run(request, { roundMs, signal }) {
      const script = join(folder, "request.lua");
      await writeFile(script, scriptOf(request));
      const load = ["-t1", `-c${connections}`, `-d${wholeSeconds(roundMs)}s`, `--timeout=${timeoutSeconds}s`];
      return countOf(await runProgram(pinned([program, ...load, "-s", script, request.url]), { signal }));
    },
  };
}

/**
 * The script of one request. It has no `request` function on purpose: wrk then builds the bytes once and never calls Lua
 * while it measures.
 */
export function scriptOf({ method, headers, body }: HttpRequest): string {
  return [
    `wrk.method = ${quoted(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${quoted(name)}] = ${quoted(value)}`),
    ...(body === undefined ? [] : [`wrk.body = ${quoted(body)}`]),
    "done = function(summary, latency)",
    "  local e = summary.errors",
    `  io.write(string.format('\\n${marker}{"requests":%d,"us":%d,"failures":%d,"p50":%d,"p99":%d}\\n',`,
    "    summary.requests, summary.duration, e.status + e.connect + e.read + e.write + e.timeout,",
    "    latency:percentile(50), latency:percentile(99)))",
    "end",
    "",
  ].join("\n");
}

/** Reads what the script's `done` wrote. */
export function countOf(printed: string): LoadCount {
  const line = printed.split("\n").find((text) => text.startsWith(marker));
  if (line === undefined) throw new Error(`wrk printed no count: ${printed.slice(-200)}`);
  const { requests, us, failures, p50, p99 } = JSON.parse(line.slice(marker.length)) as Counted;
  return {
    answers: requests,
    failures,
    seconds: us / 1e6,
    p50Ms: p50 / microsecondsPerMs,
    p99Ms: p99 / microsecondsPerMs,
  };
}

/** A Lua string of printable ASCII: every other character as its decimal bytes. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) =>
    byte < 32 || byte > 126 || byte === 34 || byte === 92
      ? `\\${String(byte).padStart(3, "0")}`
      : String.fromCharCode(byte),
  );
  return `"${bytes.join("")}"`;
}
