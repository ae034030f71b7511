import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { isGone, launchers } from "../src/launchers.ts";

/** Command lines by process, each the child of the next one. */
const chain =
  (commands: readonly string[]) =>
  (pid: number): { pid: number; parent: number; command: string } | undefined => {
    const command = commands[pid - 100];
    return command === undefined ? undefined : { pid, parent: pid + 1, command };
  };

test.for<readonly [string, readonly string[], readonly number[]]>([
  ["without a package manager", ["bash", "sshd", "systemd"], []],
  ["pnpm and its shell, not the shell above", ["sh -c node", "pnpm bench", "-bash", "sshd"], [100, 101]],
  [
    "npx that runs pnpm",
    ["sh -c", "pnpm bench", "sh -c 'pnpm' bench", "npm exec pnpm@12 bench", "-bash"],
    [100, 101, 102, 103],
  ],
  ["a script of Node's", ["sh", "/usr/bin/node\0/usr/lib/npm/bin/npx-cli.js\0bench"], [100, 101]],
  ["a shell that names one in its script is none", ["bash -c npx bench", "cron"], []],
])("%s", ([, commands, expected]) => {
  expect(launchers(100, chain(commands))).toEqual(expected);
});

test("a process that has ended is gone", async () => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  expect([isGone(child.pid!), isGone(process.pid)]).toEqual([true, false]);
});
