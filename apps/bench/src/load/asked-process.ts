import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { endWithThis } from "@fleet/testkit";

export interface AskedProcessOptions {
  /** For errors. */
  readonly name: string;
  /** The program; it calls `answerRequests`. */
  readonly file: URL;
  /** Arguments for Node itself. @default none */
  readonly node?: readonly string[];
  /** Beside the environment of the bench. @default nothing */
  readonly environment?: Readonly<Record<string, string>>;
}

const closeMs = 3000;

/** A process of its own that does what it is asked. */
export class AskedProcess<Request> implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor({ name, file, node = [], environment = {} }: AskedProcessOptions) {
    this.#name = name;
    this.#child = fork(fileURLToPath(file), [], {
      execArgv: ["--conditions=@fleet/source", ...node],
      env: { ...process.env, ...environment },
    });
    endWithThis(this.#child);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** One request, one answer; nothing else is under way meanwhile. */
  ask<T>(request: Request, signal?: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answered = ({ answer, error }: Answer): void =>
      error === undefined ? resolve(answer as T) : reject(new Error(`${this.#name}: ${error}`));
    const exited = (code: number | null): void =>
      reject(new Error(`the process of ${this.#name} ended with ${code}`));
    const aborted = (): void => reject(signal?.reason as Error);
    this.#child.once("message", answered).once("exit", exited);
    signal?.addEventListener("abort", aborted);
    if (this.#child.connected) this.#child.send(request as object);
    else exited(this.#child.exitCode);
    return promise.finally(() => {
      this.#child.off("message", answered).off("exit", exited);
      signal?.removeEventListener("abort", aborted);
    });
  }

  /** Lets it end by itself: it is alone from now on. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    const giveUp = setTimeout(() => this.kill(), closeMs);
    if (this.#child.connected) this.#child.disconnect();
    await exited;
    clearTimeout(giveUp);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** From such a process to the bench. */
interface Answer {
  readonly answer?: unknown;
  readonly error?: string;
}
