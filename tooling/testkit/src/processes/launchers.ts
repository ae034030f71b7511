import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export interface Ancestor {
  readonly pid: number;
  readonly parent: number;
  /** Its command line. */
  readonly command: string;
}

const manager = /^(?:npm|npx|pnpm|pnpx|yarn|corepack)(?:-cli)?(?:\.[cm]?js)?$/;
/** More than any command line of package managers within package managers has. */
const mostAncestors = 16;

/**
 * The processes that stand between this one and the command that a person typed: package managers and the shells between
 * them, or none when this process was started without one. `ask` answers for a process, or undefined when it is gone.
 */
export function launchers(
  parent: number = process.ppid,
  ask: (pid: number) => Ancestor | undefined = ancestor,
): readonly number[] {
  const above: Ancestor[] = [];
  for (let pid = parent; pid > 1 && above.length < mostAncestors;) {
    const one = ask(pid);
    if (one === undefined) break;
    above.push(one);
    pid = one.parent;
  }
  const last = above.findLastIndex(({ command }) => isLauncher(command));
  return above.slice(0, last + 1).map(({ pid }) => pid);
}

/**
 * Whether npx, which the pnpm above was started by, ended before anything could look: only it puts pnpm where pnpm says that
 * it lies, and the first process has adopted pnpm, or the shell that npx started it in.
 */
export function isLeftBehind(
  env: NodeJS.ProcessEnv,
  parent: number = process.ppid,
  ask: (pid: number) => Ancestor | undefined = ancestor,
): boolean {
  if (!/[/\\]_npx[/\\]/.test(env["npm_execpath"] ?? "")) return false;
  const outermost = launchers(parent, ask).at(-1);
  let one = outermost === undefined ? undefined : ask(outermost);
  if (one === undefined || /(?:^|[\s/\0])np[mx]/.test(one.command.split("\0", 2).join("\0"))) return false;
  const above = ask(one.parent);
  if (above?.command.split("\0")[2]?.startsWith("'pnpm'") === true) one = above;
  return one.parent === 1 && !isLauncher(ask(1)?.command ?? "");
}

/** Whether a process has ended, a zombie too. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return process.platform === "linux" && ["Z", "X", undefined].includes(statOf(pid)?.[0]);
}

/** By its own name, or as a script that Node runs; a shell that has the name in its script is none. */
function isLauncher(command: string): boolean {
  const [program = "", script = ""] = command.split(/[\s\0]+/);
  return (
    manager.test(basename(program)) || (/^node\b/.test(basename(program)) && manager.test(basename(script)))
  );
}

/** A process that runs. */
export function ancestor(pid: number): Ancestor | undefined {
  if (process.platform === "linux") {
    const parent = statOf(pid)?.[1];
    if (parent === undefined) return undefined;
    return { pid, parent: Number(parent), command: read(`/proc/${pid}/cmdline`) ?? "" };
  }
  const { stdout } = spawnSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" });
  const [, parent, command] = /^\s*(\d+)\s+(.*)/.exec(stdout ?? "") ?? [];
  return parent === undefined ? undefined : { pid, parent: Number(parent), command: command! };
}

/** State and parent, which stand behind the name in its brackets. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
