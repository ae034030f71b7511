import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import type { Address, PeerRequest, Workload } from "./peer.ts";
import type { Contestant, Figures } from "./scenario.ts";

const worker = fileURLToPath(new URL("peer-worker.ts", import.meta.url));
const closeMs = 3000;

/** One peer in a process of its own, connected and filled with keys when `start` resolves. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
    this.#child = fork(worker, [], { execArgv: ["--conditions=@fleet/source"] });
  }

  /** @param peer the file's name in `peers/`. */
  static async start(peer: string, server: Address, seed: number): Promise<PeerProcess> {
    const process = new PeerProcess(peer);
    try {
      await process.#ask({ type: "connect", peer, server, seed });
    } catch (error) {
      process.#child.kill("SIGKILL");
      throw error;
    }
    return process;
  }

  /** The peer as somebody who takes part with this workload. */
  contestant(name: string, workload: Workload): Contestant {
    return {
      name,
      measure: async ({ roundMs, signal }) =>
        (await this.#ask({ type: "round", workload, roundMs }, signal))!,
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    const giveUp = setTimeout(() => this.#child.kill("SIGKILL"), closeMs);
    if (this.#child.connected) this.#child.send({ type: "close" } satisfies PeerRequest);
    await exited;
    clearTimeout(giveUp);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One request, one answer; nothing else is under way meanwhile. */
  #ask(request: PeerRequest, signal?: AbortSignal): Promise<Figures | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Figures | undefined>();
    const answered = ({ figures, error }: { readonly figures?: Figures; readonly error?: string }): void =>
      error === undefined ? resolve(figures) : reject(new Error(`${this.#name}: ${error}`));
    const exited = (code: number | null): void =>
      reject(new Error(`the process of ${this.#name} ended with ${code}`));
    const aborted = (): void => reject(signal?.reason as Error);
    this.#child.once("message", answered).once("exit", exited);
    signal?.addEventListener("abort", aborted);
    if (this.#child.connected) this.#child.send(request);
    else exited(this.#child.exitCode);
    return promise.finally(() => {
      this.#child.off("message", answered).off("exit", exited);
      signal?.removeEventListener("abort", aborted);
    });
  }
}
