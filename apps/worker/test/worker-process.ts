import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { eventually } from "@fleet/testkit";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** `fleet-worker` in a process of its own. Of the environment only PATH is handed on. */
export class WorkerProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #error = "";

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd?: string) {
    this.child = spawn(process.execPath, ["--conditions=@fleet/source", main, ...args], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd !== undefined && { cwd }),
    });
    this.child.stdout!.on("data", (chunk: Buffer) => (this.#out += chunk.toString()));
    this.child.stderr!.on("data", (chunk: Buffer) => (this.#error += chunk.toString()));
    this.ended = once(this.child, "close").then(([code]) => ({
      code: code as number | null,
      out: this.#out,
      error: this.#error,
    }));
  }

  /** What it has printed so far. */
  get out(): string {
    return this.#out;
  }

  /** The last complete line of `--json`. */
  get last(): { readonly [key: string]: unknown } | undefined {
    const line = this.#out.split("\n").at(-2);
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  }

  /** The URL of its port. */
  async listening(): Promise<string> {
    return eventually(
      () => {
        const [, url] = /"url":"([^"]+)","msg":"listening"/.exec(this.#error) ?? [];
        if (url === undefined) throw new Error(`not listening yet: ${this.#state}`);
        return url;
      },
      { timeoutMs: 30_000 },
    );
  }

  async until(printed: RegExp): Promise<void> {
    await eventually(
      () => {
        if (!printed.test(this.#out)) throw new Error(`not yet ${String(printed)}: ${this.#state}`);
      },
      { timeoutMs: 30_000 },
    );
  }

  get #state(): string {
    const { exitCode, signalCode } = this.child;
    const last = this.#out.split("\n").slice(-3).join("\n");
    return `exit code ${exitCode}, signal ${signalCode}, the last lines are ${last}\n${this.#error}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Ended> {
  await using worker = new WorkerProcess(args, environment, cwd);
  return await worker.ended;
}
