import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Reads "+ PID" and "- PID" until its input ends, which the kernel sees to however this process dies; then it kills
// what is left (SIGKILL also ends a stopped process) and removes the folder.
const script = `
trap '' HUP INT TERM
PATH=$PATH:/usr/bin:/bin
pids=
while read -r what pid; do
  case $what in
    +) pids="$pids $pid" ;;
    -) rest=
       for other in $pids; do [ "$other" = "$pid" ] || rest="$rest $other"; done
       pids=$rest ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
rm -rf -- "$1" 2>/dev/null || { sleep 1; rm -rf -- "$1"; }
`;

/** Sees to it that no server and no folder outlives this process, not even when it is killed with SIGKILL. */
export interface Watchdog {
  /** This process's own folder for everything temporary; removed with it. */
  readonly folder: string;
  guard(pid: number): void;
  forget(pid: number): void;
}

let running: Watchdog | undefined;

/** The watchdog of this process, started with the first server: a shell that sleeps on a pipe. */
export function watchdog(): Watchdog {
  running ??= start();
  return running;
}

function start(): Watchdog {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "fleet-testkit-"));
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script, "sh", folder], {
    cwd: "/",
    // A session of its own: a Ctrl-C in the terminal must not take the guard before the guarded.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const input = shell.stdin!;
  input.on("error", () => {});
  shell.on("error", () => {});
  // Neither may hold the process: its end is what the shell waits for.
  shell.unref();
  (input as unknown as { unref(): void }).unref();
  return {
    folder,
    guard: (pid) => void input.write(`+ ${pid}\n`),
    forget: (pid) => void input.write(`- ${pid}\n`),
  };
}
