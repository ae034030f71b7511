import { availableParallelism } from "node:os";

import { findProgram, runProgram } from "./programs.ts";

/** The core that the server under test has for itself; load and Redis share the other. */
export const serverCore = 0;
export const loadCore = 1;
const moves = 3;

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** Ties processes to cores, with `taskset` and where there are two; elsewhere it changes nothing. */
export class Cores {
  readonly #taskset: string | undefined = availableParallelism() > 1 ? findProgram("taskset") : undefined;

  /** For the machine's facts. */
  get fact(): string {
    return this.#taskset === undefined
      ? "not pinned"
      : `server on core ${serverCore}, load and redis on core ${loadCore}`;
  }

  /** The command line that runs on this core; the process id is the program's own. */
  on(core: number, command: CommandLine): CommandLine {
    return this.#taskset === undefined ? command : [this.#taskset, "-c", String(core), ...command];
  }

  /** Moves a running process with all of its threads. */
  async move(core: number, pid: number): Promise<void> {
    if (this.#taskset === undefined) return;
    const command: CommandLine = [this.#taskset, "-a", "-c", "-p", String(core), String(pid)];
    for (let attempt = 1; ; attempt += 1)
      try {
        await runProgram(command);
        return;
      } catch (error) {
        // A thread that it had listed may have ended before its turn.
        if (attempt === moves) throw error;
      }
  }
}
