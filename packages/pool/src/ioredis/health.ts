import { type Clock, unref } from "@fleet/time";

import { publishHealth } from "../channels.ts";
import type { DialReason } from "../dial-reason.ts";

/** What the last checks of a server said. Times are in milliseconds of the pool's clock. */
export interface Health {
  /** `unknown` before the first check, `unhealthy` from the first failed check to the next good one. */
  readonly status: "unknown" | "healthy" | "unhealthy";
  readonly lastCheckAt: number | undefined;
  readonly lastSuccessAt: number | undefined;
  readonly consecutiveFailures: number;
  /** The code of the last failure. */
  readonly lastError: string | undefined;
  /** The reason of the last failure, where a dial failed. */
  readonly lastReason: DialReason | undefined;
  /** How long the last good check took. */
  readonly latencyMs: number | undefined;
}

export interface HealthSettings {
  readonly name: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  /** One round trip; false where this is no time to ask, an error where no answer came. */
  readonly ping: () => Promise<boolean>;
}

/** A sick server is asked at least this often. */
const unhealthyIntervalMs = 1000;

/** Asks a server periodically whether it answers. */
export class HealthCheck {
  readonly #settings: HealthSettings;
  #timer: unknown;
  #stopped = false;
  #health: Health = {
    status: "unknown",
    lastCheckAt: undefined,
    lastSuccessAt: undefined,
    consecutiveFailures: 0,
    lastError: undefined,
    lastReason: undefined,
    latencyMs: undefined,
  };

  constructor(settings: HealthSettings) {
    this.#settings = settings;
    this.#schedule();
  }

  get health(): Health {
    return this.#health;
  }

  /** Takes the outcome of a check, made here or by a dial, which ends with a PING. */
  report(result: { readonly tookMs: number } | { readonly error: unknown }): void {
    const now = this.#settings.clock.now();
    const { name } = this.#settings;
    if ("tookMs" in result) {
      this.#health = {
        status: "healthy",
        lastCheckAt: now,
        lastSuccessAt: now,
        consecutiveFailures: 0,
        lastError: this.#health.lastError,
        lastReason: this.#health.lastReason,
        latencyMs: result.tookMs,
      };
      publishHealth({ name, status: "healthy", consecutiveFailures: 0, latencyMs: result.tookMs });
    } else {
      const { error } = result;
      const code = codeOf(error);
      const consecutiveFailures = this.#health.consecutiveFailures + 1;
      this.#health = {
        ...this.#health,
        status: "unhealthy",
        lastCheckAt: now,
        consecutiveFailures,
        lastError: code,
        lastReason: (error as { readonly reason?: DialReason }).reason,
      };
      publishHealth({ name, status: "unhealthy", consecutiveFailures, code });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#settings.clock.clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#stopped) return;
    const { clock, intervalMs } = this.#settings;
    const delayMs =
      this.#health.status === "unhealthy" ? Math.min(intervalMs, unhealthyIntervalMs) : intervalMs;
    this.#timer = unref(clock.setTimeout(() => void this.#check(), delayMs));
  }

  async #check(): Promise<void> {
    const { clock, ping } = this.#settings;
    const startedAt = clock.now();
    try {
      const alive = await ping();
      if (alive && !this.#stopped) this.report({ tookMs: clock.now() - startedAt });
    } catch (error) {
      if (!this.#stopped) this.report({ error });
    }
    this.#schedule();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
}
