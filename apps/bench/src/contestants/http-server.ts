import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

import { endWithThis, eventually } from "@fleet/testkit";

import type { CommandLine } from "../load/cores.ts";
import { cpuSeconds } from "../load/cpu-time.ts";
import { plainEnvironment } from "../load/programs.ts";

export interface HttpServerOptions {
  readonly command: CommandLine;
  /** Where it answers. Without it the server prints, as one line of JSON, `data`: its URL. */
  readonly url?: string;
  /** Its working folder. */
  readonly folder: string;
}

const startMs = 20_000;
const closeMs = 5000;
const keptBytes = 2000;

/** A server under test: a process of its own. */
export class HttpServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts it and waits until it accepts connections. */
  static async start({ command: [program, ...args], url, folder }: HttpServerOptions): Promise<HttpServer> {
    const child = spawn(program, args, {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithThis(child);
    let said = "";
    const announced = Promise.withResolvers<string>();
    const keep = (text: string): void => {
      said = (said + text).slice(-keptBytes);
      const announcement = announcementIn(said);
      if (announcement !== undefined) announced.resolve(announcement);
    };
    child.stderr.setEncoding("utf8").on("data", keep);
    child.stdout.setEncoding("utf8").on("data", keep);
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`a server ended with ${code}: ${said.trim()}`)));
    });
    ended.catch(() => {});
    try {
      const address = url ?? (await Promise.race([announced.promise, ended]));
      const answers = eventually(() => fetch(address, { signal: AbortSignal.timeout(startMs) }), {
        timeoutMs: startMs,
      });
      await (await Promise.race([answers, ended])).arrayBuffer();
      return new HttpServer(address, child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** The processor time that it has used so far, in seconds; undefined where the system does not say. */
  get cpuSeconds(): number | undefined {
    return cpuSeconds(this.#child.pid!);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    const giveUp = setTimeout(() => this.#child.kill("SIGKILL"), closeMs);
    this.#child.kill("SIGTERM");
    await exited;
    clearTimeout(giveUp);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The URL in the first whole line of JSON that has one. */
export function announcementIn(text: string): string | undefined {
  for (const line of text.split("\n").slice(0, -1)) {
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    const { data } = JSON.parse(line) as { readonly data?: unknown };
    if (typeof data === "string") return data;
  }
  return undefined;
}
