import type { StaticSource } from "@fleet/discovery";
import type { Reloaded } from "@fleet/settings";
import type { FastifyBaseLogger } from "fastify";

import type { Config } from "../config/config-schema.ts";
import { ConfigurationError } from "../errors.ts";

export interface ReloadsOptions {
  /** Reads the configuration as at the start. */
  readonly load: () => Promise<{ readonly config: Config }>;
  /** Takes over what may change while requests are served. */
  readonly reconfigure: (next: Config) => Reloaded<Config>;
  /** The list of instances by hand; undefined where the gateway was started without one. */
  readonly list: Pick<StaticSource, "replace"> | undefined;
  readonly log: Pick<FastifyBaseLogger, "info" | "warn" | "error">;
}

export interface ReloadStats {
  readonly accepted: number;
  readonly refused: number;
  /** Whether the last one that was read was refused. */
  readonly isRefused: boolean;
}

/** Reads the configuration again. One that is broken changes nothing and is reported with its faults. */
export class Reloads {
  readonly #options: ReloadsOptions;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #stats: ReloadStats = { accepted: 0, refused: 0, isRefused: false };

  constructor(options: ReloadsOptions) {
    this.#options = options;
  }

  /** A fresh copy. */
  get stats(): ReloadStats {
    return this.#stats;
  }

  /** Resolves when what stood in the configuration at the call counts, or was refused. Calls at the same time are one. */
  async reload(reason: string): Promise<void> {
    if (this.#running !== undefined) {
      // What is being read may be older than this call.
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = this.#untilCurrent(reason);
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #untilCurrent(reason: string): Promise<void> {
    do {
      this.#isAskedAgain = false;
      await this.#once(reason);
    } while (this.#isAskedAgain);
  }

  async #once(reason: string): Promise<void> {
    const { load, reconfigure, list, log } = this.#options;
    let next: Config;
    try {
      ({ config: next } = await load());
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.#stats = { ...this.#stats, refused: this.#stats.refused + 1, isRefused: true };
      log.error({ reason, faults: error.faults }, "the configuration is refused; the one before stays");
      return;
    }
    const { changed, waiting } = reconfigure(next);
    this.#stats = { ...this.#stats, accepted: this.#stats.accepted + 1, isRefused: false };
    if (changed.includes("instances") && next.instances !== undefined && list !== undefined)
      list.replace(next.instances as Parameters<StaticSource["replace"]>[0]);
    log.info(
      { reason, changed },
      changed.length === 0 ? "the configuration is the same" : "the configuration changed",
    );
    if (waiting.length > 0) log.warn({ settings: waiting }, "changed settings count after a restart");
  }
}
