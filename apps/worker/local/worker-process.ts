import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { Status } from "@fleet/backfill";
import { endWithThis } from "@fleet/testkit";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** `fleet-worker` in a process of its own, configured by variables; it ends with this one. */
export function fleetWorker(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithThis(child);
  return child;
}

/** A worker at work; `looked` is called with each look at the run that it prints. */
export class WorkerProcess {
  readonly name: string;
  readonly pid: number;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;

  constructor(name: string, environment: Readonly<Record<string, string>>, looked: (run: Status) => void) {
    this.name = name;
    const child = fleetWorker(["start", "--json", "--label", name, "--progress-ms", "1000"], environment);
    this.#child = child;
    this.pid = child.pid ?? -1;
    this.ended = once(child, "exit").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const { run } = JSON.parse(line) as { readonly run?: Status };
      if (run !== undefined) looked(run);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
