import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { freePort } from "../free-port.ts";
import { ServerProcess } from "../processes/server-process.ts";
import { kubernetesProgram } from "./kubernetes-available.ts";

/** Longer than a stopped process needs to come to rest. */
const restMs = 50;

/** The store behind an API server. */
export class Etcd {
  readonly url: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: ServerProcess | undefined;
  #backups = 0;

  private constructor(folder: string, port: number, peerPort: number) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    this.#args = [
      `--data-dir=${this.#data}`,
      `--listen-client-urls=${this.url}`,
      `--advertise-client-urls=${this.url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // Data that it loses is not needed: the machine's death takes the test with it.
      "--unsafe-no-fsync",
      "--log-level=error",
    ];
  }

  /** Begins to start; whoever stands on it asks until it answers. */
  static async start(folder: string): Promise<Etcd> {
    const etcd = new Etcd(folder, await freePort(), await freePort());
    etcd.start();
    return etcd;
  }

  get exited(): boolean {
    return this.#process?.exited ?? true;
  }

  get log(): string {
    return join(this.#folder, "etcd.log");
  }

  get #data(): string {
    return join(this.#folder, "etcd");
  }

  start(): void {
    this.#process = new ServerProcess(kubernetesProgram("store"), this.#args, this.#folder, this.log);
  }

  async kill(): Promise<void> {
    this.#process?.signal("SIGKILL");
    await this.#process?.exit();
  }

  /** Forgets every revision before the present one. */
  async compact(): Promise<void> {
    const { header } = await this.#call("maintenance/status", {});
    await this.#call("kv/compaction", { revision: header.revision, physical: true });
  }

  /** A copy of the data as they are now; answers where it is. */
  async backup(): Promise<string> {
    this.#backups += 1;
    const copy = join(this.#folder, `etcd-backup-${this.#backups}`);
    // Stopped, it is as a crash would leave it, which it is made to survive; and its clients notice nothing.
    this.#process?.signal("SIGSTOP");
    try {
      await sleep(restMs);
      await cp(this.#data, copy, { recursive: true });
    } finally {
      this.#process?.signal("SIGCONT");
    }
    return copy;
  }

  /** Starts again with the data of a backup: revisions go back. */
  async restore(backup: string): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
    await cp(backup, this.#data, { recursive: true });
    this.start();
  }

  async #call(method: string, body: unknown): Promise<{ readonly header: { readonly revision: string } }> {
    const answer = await fetch(`${this.url}/v3/${method}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd: ${method}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { readonly header: { readonly revision: string } };
  }
}
