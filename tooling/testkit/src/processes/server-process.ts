import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { watchdog } from "./watchdog.ts";

/** One run of a server. */
export interface Running {
  readonly pid: number;
  readonly exited: boolean;
  signal(name: NodeJS.Signals): void;
  /** Waits until it has ended. */
  exit(): Promise<void>;
}

/** One run of a server program; it does not hold this process, and does not outlive it. */
export class ServerProcess implements Running {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #exited = false;

  /** @param logFile where the program's output is appended. */
  constructor(path: string, args: readonly string[], folder: string, logFile: string) {
    const log = openSync(logFile, "a");
    try {
      // A session of its own: a Ctrl-C in the terminal reaches this process, which then closes its servers in order.
      this.#child = spawn(path, args, { cwd: folder, detached: true, stdio: ["ignore", log, log] });
    } finally {
      closeSync(log);
    }
    this.#exit = new Promise((resolve) => {
      const ended = (): void => {
        this.#exited = true;
        if (this.#child.pid !== undefined) watchdog().forget(this.#child.pid);
        resolve();
      };
      this.#child.once("exit", ended);
      this.#child.once("error", ended);
    });
    this.pid = this.#child.pid ?? -1;
    if (this.#child.pid !== undefined) watchdog().guard(this.#child.pid);
    this.#child.unref();
  }

  get exited(): boolean {
    return this.#exited;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#exited) this.#child.kill(name);
  }

  /** Holds this process meanwhile. */
  async exit(): Promise<void> {
    if (this.#exited) return;
    this.#child.ref();
    await this.#exit;
  }
}
