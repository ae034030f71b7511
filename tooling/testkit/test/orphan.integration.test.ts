import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { eventually } from "../src/index.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.for<readonly [how: string, argument: string, signal: NodeJS.Signals | undefined]>([
  ["is killed with SIGKILL", "wait", "SIGKILL"],
  ["is ended with SIGTERM", "wait", "SIGTERM"],
  ["forgets to close and comes to its end", "end", undefined],
  ["ends with an error that nobody caught", "throw", undefined],
])(
  "when a process %s, its servers are gone, a stopped one too, and so is their folder",
  async ([, argument, signal]) => {
    const parent = spawn(
      process.execPath,
      [fileURLToPath(new URL("orphan-parent.ts", import.meta.url)), argument],
      // Nothing on PATH: the guard must not depend on what a test does to its environment.
      { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, PATH: "/nonexistent" } },
    );
    const ended = new Promise((resolve) => parent.once("exit", resolve));
    let said = "";
    parent.stdout.on("data", (bytes) => (said += String(bytes)));
    const { pids, folder } = await eventually(
      () => JSON.parse(said.split("\n")[0]!) as { pids: readonly number[]; folder: string },
      { timeoutMs: 15_000 },
    );
    if (signal !== undefined) parent.kill(signal);
    await ended;
    await eventually(() => expect([...pids.map(isAlive), existsSync(folder)]).toEqual([false, false, false]));
  },
);
