import type { ChildProcess } from "node:child_process";

import { watchdog } from "./watchdog.ts";

/** Sees to it that a child does not outlive this process, however that ends: the child gets a SIGKILL then. */
export function endWithThis(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  watchdog().guard(pid);
  child.once("exit", () => watchdog().forget(pid));
}
