import { setImmediate as afterIo } from "node:timers/promises";

import type { Redis } from "ioredis";

import { checkGrace } from "../call-options.ts";
import { PoolExhaustedError, ReplyError } from "../errors.ts";
import type { ExclusiveLaneStats } from "../exclusive/exclusive-lane-stats.ts";
import { ExclusiveLane } from "../exclusive/exclusive-lane.ts";
import { dial, type DialOptions, type Finding } from "./connection/dial.ts";
import { Inquiry } from "./connection/inquiry.ts";
import { type Health, HealthCheck } from "./health.ts";
import type { SharedLaneStats } from "./lanes/shared/shared-lane-options.ts";
import { SharedLane } from "./lanes/shared/shared-lane.ts";
import { redisFactory } from "./leases/redis-factory.ts";
import { type RedisPoolOptions, type RedisPoolSettings, settingsOf } from "./redis-pool-options.ts";

export interface PoolStats {
  readonly shared: SharedLaneStats;
  readonly exclusive: ExclusiveLaneStats;
}

/** The lanes of connections to one Redis server. Nothing is dialed before it is needed. */
export class RedisPool implements AsyncDisposable {
  /** For every command that needs no connection of its own. */
  readonly shared: SharedLane;
  /** For WATCH, interactive MULTI, SELECT: a raw ioredis connection per lease. */
  readonly exclusive: ExclusiveLane<Redis>;
  readonly #settings: RedisPoolSettings;
  readonly #check: HealthCheck;
  #dials = 0;

  /** @throws InvalidOptionError */
  constructor(options: RedisPoolOptions) {
    const settings = settingsOf(options);
    this.#settings = settings;
    const { name, clock, flush } = settings;
    const inquiry = new Inquiry<Finding>(clock);
    const server: DialOptions = { credentials: undefined, tls: undefined, ...settings, inquiry };
    this.shared = new SharedLane({
      ...settings,
      dial: (signal) => dial(server, { label: this.#label("shared"), flush, signal }),
      dialed: (result) => this.#check.report(result),
    });
    const { commandTimeoutMs = settings.commandTimeoutMs, ...exclusive } = settings.exclusive;
    this.exclusive = new ExclusiveLane({
      ...exclusive,
      name,
      factory: redisFactory(server, { name, commandTimeoutMs, clock }, () => this.#label("exclusive")),
      dialTimeoutMs: settings.dialTimeoutMs,
      redialMinDelayMs: settings.reconnectMinDelayMs,
      redialMaxDelayMs: settings.reconnectMaxDelayMs,
      clock,
      random: settings.random,
    });
    this.#check = new HealthCheck({
      name,
      intervalMs: settings.healthCheckIntervalMs,
      clock,
      ping: () => this.#ping(),
    });
  }

  /** Resolves when the shared lane is connected, rejects with the reason of the dial that failed. */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return this.shared.ready(options);
  }

  get health(): Health {
    return this.#check.health;
  }

  get stats(): PoolStats {
    return { shared: this.shared.stats, exclusive: this.exclusive.stats };
  }

  /**
   * Takes no new work, lets what is under way finish until `graceMs`, then destroys. Twice is the same promise.
   *
   * @param options `graceMs` defaults to `commandTimeoutMs`.
   */
  async close({
    graceMs = this.#settings.commandTimeoutMs,
  }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    checkGrace(graceMs);
    this.#check.stop();
    await Promise.all([this.shared.close({ graceMs }), this.exclusive.close({ graceMs })]);
    // A destroyed socket is gone after the last phase of the loop's turn, which only the next turn can tell.
    await afterIo();
    await afterIo();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ping(): Promise<boolean> {
    const { state } = this.shared;
    // Dials report by themselves: while they fail or run there is nobody else to ask.
    if (state !== "ready" && state !== "idle") return false;
    try {
      await this.shared.prove();
    } catch (error) {
      // This side's limit says nothing of the server.
      if (error instanceof PoolExhaustedError) return false;
      // A user that may not PING got an answer all the same.
      if (!(error instanceof ReplyError) || error.prefix !== "NOPERM") throw error;
    }
    return true;
  }

  #label(lane: string): string {
    this.#dials += 1;
    return `fleet:${this.#settings.name}:${lane}:${this.#dials}`;
  }
}
