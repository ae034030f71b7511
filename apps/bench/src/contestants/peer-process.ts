import type { Contestant, Figures } from "../harness/scenario.ts";
import { AskedProcess } from "../load/asked-process.ts";
import type { Address, PeerRequest, Workload } from "../load/peer.ts";

/** One peer in a process of its own, connected and filled with keys when `start` resolves. */
export class PeerProcess implements AsyncDisposable {
  readonly #process: AskedProcess<PeerRequest>;

  private constructor(name: string) {
    this.#process = new AskedProcess({ name, file: new URL("peer-worker.ts", import.meta.url) });
  }

  /** @param peer the file's name in `peers/`. */
  static async start(peer: string, server: Address, seed: number): Promise<PeerProcess> {
    const started = new PeerProcess(peer);
    try {
      await started.#process.ask({ type: "connect", peer, server, seed });
    } catch (error) {
      started.#process.kill();
      throw error;
    }
    return started;
  }

  /** The peer as a contestant with this workload. */
  contestant(name: string, workload: Workload): Contestant {
    return {
      name,
      measure: ({ roundMs, signal }) =>
        this.#process.ask<Figures>({ type: "round", workload, roundMs }, signal),
    };
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
