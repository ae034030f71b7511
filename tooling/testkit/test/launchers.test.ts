import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { isGone, isLeftBehind, launchers } from "../src/processes/launchers.ts";

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

test.for<readonly [boolean, string, readonly string[], string]>([
  [true, "pnpm alone", ["sh -c node", "pnpm start"], "/home/new/.npm/_npx/0d/node_modules/pnpm/pnpm"],
  [true, "pnpm in the shell of npx", ["sh", "pnpm", "sh\0-c\0'pnpm' start"], "/home/new/.npm/_npx/0d/pnpm"],
  [false, "npx", ["sh", "pnpm", "sh\0-c\0'pnpm' start", "npm exec pnpm@12"], "/home/new/.npm/_npx/0d/pnpm"],
  [
    false,
    "npx as a script",
    ["sh", "pnpm", "/usr/bin/node\0/usr/bin/npx\0-y"],
    "/home/new/.npm/_npx/0d/pnpm",
  ],
  [false, "pnpm in a shell", ["sh", "/home/new/.npm/_npx/0d/pnpm", "bash"], "/home/new/.npm/_npx/0d/pnpm"],
  [false, "a pnpm of its own", ["sh", "pnpm"], "/usr/lib/node_modules/pnpm/pnpm"],
  [false, "neither", ["bash"], ""],
])("left behind by npx: %s, with %s above", ([isLeft, , commands, path]) => {
  const processes = chain(commands);
  const adopted = (pid: number): ReturnType<typeof processes> => {
    if (pid === 1) return { pid: 1, parent: 0, command: "/sbin/init" };
    const found = processes(pid);
    return found !== undefined && processes(pid + 1) === undefined ? { ...found, parent: 1 } : found;
  };
  expect(isLeftBehind({ npm_execpath: path }, 100, adopted)).toBe(isLeft);
});

test("a process that has ended is gone", async () => {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  expect([isGone(child.pid!), isGone(process.pid)]).toEqual([true, false]);
});
