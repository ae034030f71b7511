import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ancestor, isGone } from "./launchers.ts";
import type { Ancestor } from "./launchers.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** A script of this repository that runs below `npx` and `pnpm`, as README.md has it started. */
export interface LaunchedScript extends AsyncDisposable {
  /** Of npx. */
  readonly pid: number;
  /** What it has printed so far, both streams. */
  readonly printed: string;
  /** How npx ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Remembers all processes below npx, for `left`; answers those whose program, or a word of whose command line, is this; or all. */
  find(word?: string): readonly Ancestor[];
  /** Of what `find` has seen: the processes that still run; and the files in its folder for temporary ones. */
  left(): readonly string[];
}

/** Launches `npx -y pnpm@VERSION ARGS`, in a process group and with a folder for temporary files of its own. */
export function launchScript(args: readonly string[]): LaunchedScript {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "launched-"));
  const child = spawn("npx", ["-y", "pnpm@12.18.0", ...args], {
    cwd: root,
    detached: true,
    // npm would keep its compiled code in that folder.
    env: { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (printed += String(bytes)));
  const seen = new Map<number, Ancestor>();
  const look = (): void => {
    for (const process of processesBelow(child.pid!)) seen.set(process.pid, process);
  };
  // A process may give itself another title meanwhile.
  const running = (): readonly Ancestor[] =>
    [...seen.keys()].flatMap((pid) => (isGone(pid) ? [] : (ancestor(pid) ?? [])));
  return {
    pid: child.pid!,
    get printed() {
      return printed;
    },
    ended: once(child, "exit").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    })),
    find: (word) => {
      look();
      return running().filter(({ command }) => {
        const words = command.split("\0");
        return word === undefined || basename(words[0]!.split(" ")[0]!) === word || words.includes(word);
      });
    },
    left: () => [
      ...running().map(({ command }) => command.replaceAll("\0", " ").trim()),
      ...readdirSync(folder),
    ],
    [Symbol.asyncDispose]: async () => {
      look();
      for (const { pid } of running()) process.kill(pid, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function processesBelow(root: number): readonly Ancestor[] {
  const names =
    process.platform === "linux"
      ? readdirSync("/proc").filter((name) => /^\d+$/.test(name))
      : execFileSync("ps", ["-A", "-o", "pid="], { encoding: "utf8" }).trim().split(/\s+/);
  const all = names.flatMap((name) => ancestor(Number(name)) ?? []);
  const below = all.filter(({ pid }) => pid === root);
  for (const { pid } of below) below.push(...all.filter(({ parent }) => parent === pid));
  return below;
}
