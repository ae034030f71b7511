import { setImmediate as afterIo } from "node:timers/promises";

import { checkGrace } from "../call-options.ts";
import { PoolExhaustedError, ReplyError } from "../errors.ts";
import type { ExclusiveLaneStats } from "../exclusive/exclusive-lane-stats.ts";
import type { Lane, LaneStats } from "../lane.ts";
import type { DialOptions, Finding } from "./connection/dial.ts";
import { Inquiry } from "./connection/inquiry.ts";
import { type Health, HealthCheck } from "./health.ts";
import { type LaneParts, type Lanes, openLanes, openUserLanes, type UserLanes } from "./lanes/lanes.ts";
import type { SharedLaneStats } from "./lanes/shared/shared-lane-options.ts";
import type { SubscriberLaneStats } from "./lanes/subscriber/subscriber-options.ts";
import { type RedisPoolOptions, type RedisPoolSettings, settingsOf } from "./redis-pool-options.ts";

/** Of each lane, by its name. */
export interface PoolStats extends Readonly<Record<string, LaneStats>> {
  readonly shared: SharedLaneStats;
  readonly bulk: SharedLaneStats;
  readonly exclusive: ExclusiveLaneStats;
  readonly subscriber: SubscriberLaneStats;
}

/** The lanes of connections to one Redis server. Nothing is dialed before it is needed. */
export class RedisPool implements AsyncDisposable {
  /** Every lane by its name. What a pool does with all of them alike loops over this. */
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly shared: Lanes["shared"];
  readonly bulk: Lanes["bulk"];
  readonly exclusive: Lanes["exclusive"];
  readonly subscriber: Lanes["subscriber"];
  readonly #lanes: Lanes;
  readonly #parts: LaneParts;
  readonly #settings: RedisPoolSettings;
  readonly #check: HealthCheck;
  #dials = 0;

  /** @throws InvalidOptionError */
  constructor(options: RedisPoolOptions) {
    const settings = settingsOf(options);
    this.#settings = settings;
    const { name, clock } = settings;
    const inquiry = new Inquiry<Finding>(clock);
    const server: DialOptions = { credentials: undefined, tls: undefined, ...settings, inquiry };
    this.#parts = {
      settings,
      server,
      label: (lane) => this.#label(lane),
      dialed: (result) => this.#check.report(result),
    };
    this.#lanes = openLanes(this.#parts);
    this.lanes = new Map<string, Lane>(Object.values(this.#lanes).map((lane: Lane) => [lane.name, lane]));
    this.shared = this.#lanes.shared;
    this.bulk = this.#lanes.bulk;
    this.exclusive = this.#lanes.exclusive;
    this.subscriber = this.#lanes.subscriber;
    this.#check = new HealthCheck({
      name,
      intervalMs: settings.healthCheckIntervalMs,
      clock,
      ping: () => this.#ping(),
    });
  }

  /** The lane of this name, as `Namespace.scope()` of `@fleet/isolation` answers it for a command. */
  lane<Name extends keyof Lanes>(name: Name): Lanes[Name] {
    return this.#lanes[name];
  }

  /**
   * Lanes of another user of the same server, with the options of this pool. They are the caller's to close, and neither in `lanes` nor in
   * `stats`: their dials do not count for `health`.
   *
   * @param credentials Asked at each dial. A `ConnectionError` that it rejects with is that of the dial.
   */
  openUserLanes(credentials: NonNullable<RedisPoolOptions["credentials"]>): UserLanes {
    return openUserLanes(credentials, this.#parts);
  }

  /** Resolves when the shared lane is connected, rejects with the reason of the dial that failed. */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    return this.shared.ready(options);
  }

  get health(): Health {
    return this.#check.health;
  }

  get stats(): PoolStats {
    return Object.fromEntries(Array.from(this.lanes, ([name, lane]) => [name, lane.stats])) as PoolStats;
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
    await Promise.all(Array.from(this.lanes.values(), (lane) => lane.close({ graceMs })));
    // A destroyed socket is gone after the last phase of the loop's turn, which only the next turn can know.
    await afterIo();
    await afterIo();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ping(): Promise<boolean> {
    const { state } = this.shared;
    // Dials report by themselves: while they fail or run there is no connection to ask over.
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
