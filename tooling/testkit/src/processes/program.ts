import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

import { eventually } from "../eventually.ts";
import { endWithThis } from "./end-with-this.ts";

export interface ProgramOptions {
  /** Arguments for Node itself, the program's file and its arguments. */
  readonly args: readonly string[];
  /** Beside this process's environment; undefined takes a variable away. @default nothing */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default this process's folder */
  readonly cwd?: string;
}

/** How a program came out. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

const mark = "TESTKIT_PROGRAM";
const waitMs = 60_000;

/** A Node program under test: a process of its own, and what that starts. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when it has ended, and with it whatever else writes into its output. */
  readonly ended: Promise<Ended>;
  readonly #id: string = randomUUID();
  #out = "";
  #error = "";

  constructor({ args, env = {}, cwd }: ProgramOptions) {
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...env, [mark]: this.#id },
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd !== undefined && { cwd }),
    });
    endWithThis(this.child);
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.#out += text));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#error += text));
    this.ended = once(this.child, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      out: this.#out,
      error: this.#error,
    }));
  }

  /** What it has printed so far. */
  get out(): string {
    return this.#out;
  }

  /** Waits until it has printed this. */
  async says(text: string | RegExp): Promise<void> {
    await eventually(
      () => {
        if (!found(this.#out, text))
          throw new Error(`it has not said ${String(text)}, but:\n${this.#out}${this.#error}`);
      },
      { timeoutMs: waitMs },
    );
  }

  /**
   * Waits for its end, and until every process is gone that it has started with its own environment (where there is a `/proc`
   * to find them).
   */
  async gone(): Promise<Ended> {
    const ended = await this.ended;
    await eventually(
      () => {
        const left = processesWith(`${mark}=${this.#id}`);
        if (left.length > 0) throw new Error(`it has left:\n${left.join("\n")}`);
      },
      { timeoutMs: waitMs },
    );
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

const found = (out: string, text: string | RegExp): boolean =>
  typeof text === "string" ? out.includes(text) : text.test(out);

/** Number and command line of each process that has this in its environment. */
function processesWith(variable: string): readonly string[] {
  return process.platform === "linux" ? readdirSync("/proc").flatMap((pid) => commandOf(pid, variable)) : [];
}

function commandOf(pid: string, variable: string): readonly string[] {
  try {
    const parts = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
    return parts("environ").includes(variable) ? [`${pid} ${parts("cmdline").join(" ")}`] : [];
  } catch {
    // Not a process, another user's, or gone.
    return [];
  }
}
