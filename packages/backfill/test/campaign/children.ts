import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of a campaign, and what it has said. */
export interface Child {
  readonly pid: number;
  /** Its standard output so far. */
  readonly said: string;
  readonly isGone: boolean;
  /** The signal or the code that it ended with. */
  readonly end: Promise<NodeJS.Signals | number>;
  kill(signal: NodeJS.Signals): void;
}

/** The processes of a test; none outlives it. */
export class Children implements AsyncDisposable {
  readonly #running = new Set<Child>();

  /** @param file a module of this folder, run with its options as JSON. */
  start(file: string, options: unknown): Child {
    const process_: ChildProcess = spawn(
      process.execPath,
      ["--conditions=@fleet/source", fileURLToPath(new URL(file, import.meta.url)), JSON.stringify(options)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    process_.stdout!.setEncoding("utf8");
    process_.stdout!.on("data", (text: string) => (said += text));
    const child: Child = {
      pid: process_.pid!,
      get said() {
        return said;
      },
      get isGone() {
        return process_.exitCode !== null || process_.signalCode !== null;
      },
      end: once(process_, "close").then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number),
      kill: (signal) => void process_.kill(signal),
    };
    this.#running.add(child);
    void child.end.then(() => this.#running.delete(child));
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#running];
    for (const child of running) child.kill("SIGKILL");
    await Promise.all(running.map(({ end }) => end));
  }
}
