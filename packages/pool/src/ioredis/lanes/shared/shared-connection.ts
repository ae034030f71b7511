import { type Clock, keepAlive } from "@fleet/time";
import type { Redis } from "ioredis";

import { publishConnection } from "../../../channels.ts";
import { codeOf } from "../../../code-of.ts";
import { ConnectionError, PoolClosedError } from "../../../errors.ts";
import { FairTimer } from "../../../fair-timer.ts";
import { Redial } from "../../../redial.ts";
import { destroy, type Dialed } from "../../connection/dial.ts";
import { plainCause } from "../../connection/plain-cause.ts";
import type { InFlight } from "./in-flight.ts";
import type { SharedLaneSettings, SharedLaneState } from "./shared-lane-options.ts";

/** A pause after a loss that calls wait out: each call that was refused meanwhile would count as a failure of its own. */
const patienceMs = 100;

/**
 * The one connection of a shared lane, dialed on first use, and from then on whenever it is lost:
 *
 *     idle -> connecting -> ready
 *             connecting -> backoff -> connecting: a dial failed; until the next one commands are refused
 *     ready -> connecting: it was lost; commands wait. Lost young, again and again, until the pauses get long: backoff
 *     each of these -> closed
 */
export class SharedConnection {
  state: SharedLaneState = "idle";
  dials = 0;
  failedDials = 0;
  losses = 0;
  readonly #settings: SharedLaneSettings;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #closing = new AbortController();
  /** A connection that died young is a failure too. */
  readonly #redial: Redial;
  #redis: Redis | undefined;
  #openedAt = 0;
  #lastError: unknown;
  #readiness: PromiseWithResolvers<void> | undefined;

  /** @param inFlight gets the connection when it opens, and loses it when it ends. */
  constructor(settings: SharedLaneSettings, inFlight: InFlight) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#inFlight = inFlight;
    this.#redial = new Redial({
      minDelayMs: settings.reconnectMinDelayMs,
      maxDelayMs: settings.reconnectMaxDelayMs,
      clock: settings.clock,
      random: settings.random,
      rested: () => this.#dial(),
    });
  }

  /**
   * A command wants to be sent: dials where no dial was before.
   *
   * @throws PoolClosedError; while a backoff runs, the error of the last dial.
   */
  demand(): void {
    if (this.state === "closed") throw new PoolClosedError(this.#settings.name);
    if (this.state === "backoff") throw this.#lastError;
    if (this.state === "idle") this.#dial();
  }

  /** See `SharedLane.ready`. */
  ready(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.state === "closed") return Promise.reject(new PoolClosedError(this.#settings.name));
    if (this.state === "ready") return Promise.resolve();
    if (this.state === "idle") this.#dial();
    this.#readiness ??= quiet(Promise.withResolvers<void>());
    const promise = keepAlive(this.#readiness.promise);
    return signal === undefined ? promise : orAborted(promise, signal);
  }

  /** Gives the connection up now, not when "close" comes: until then commands would still be written to it. */
  drop(why: string): void {
    const redis = this.#redis;
    if (redis === undefined) return;
    this.#inFlight.loss.detail = why;
    destroy(redis);
    this.#lost(redis);
  }

  /** Lets commands in flight finish until `graceMs`, then destroys the connection. Call it once. */
  async close(graceMs: number): Promise<void> {
    const error = new PoolClosedError(this.#settings.name);
    this.state = "closed";
    this.#redial.stop();
    this.#closing.abort(error);
    this.#inFlight.refuseWaiting(error);
    this.#readiness?.reject(error);
    const redis = this.#redis;
    if (redis !== undefined) {
      const grace = Promise.withResolvers<void>();
      const timer = new FairTimer(this.#clock, graceMs, grace.resolve);
      await Promise.race([this.#inFlight.drained(), grace.promise]);
      timer.stop();
      const ended = new Promise<void>((resolve) => {
        if (redis.stream.closed) resolve();
        else redis.stream.once("close", () => resolve());
      });
      this.drop("the pool was closed");
      await ended;
    }
    this.#inFlight.stop();
  }

  #dial(): void {
    this.state = "connecting";
    this.dials += 1;
    this.#settings.dial(this.#closing.signal).then(
      (dialed) => this.#opened(dialed),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened({ redis, pingMs }: Dialed): void {
    const { name, lane } = this.#settings;
    if (this.state === "closed") {
      destroy(redis);
      return;
    }
    if (redis.status !== "ready") {
      this.#failed(
        new ConnectionError(name, "connect", "connection closed right after it was made", "not-sent"),
      );
      return;
    }
    redis.stream.unref();
    this.state = "ready";
    this.#redis = redis;
    this.#openedAt = this.#clock.now();
    redis.on("error", (error: unknown) => {
      if (this.#redis !== redis) return;
      this.#inFlight.loss.cause ??= plainCause(error);
    });
    redis.stream.once("close", () => this.#lost(redis));
    publishConnection({ name, lane, event: "open" });
    this.#settings.dialed({ tookMs: pingMs });
    this.#inFlight.open(redis);
    this.#readiness?.resolve();
    this.#readiness = undefined;
  }

  #failed(error: unknown): void {
    if (this.state === "closed") return;
    const { name, lane, dialed } = this.#settings;
    this.state = "backoff";
    this.#lastError = error;
    this.failedDials += 1;
    this.#redial.failed(error);
    publishConnection({ name, lane, event: "failed", ...codeOf(error) });
    dialed({ error });
    this.#inFlight.refuseWaiting(error);
    this.#readiness?.reject(error);
    this.#readiness = undefined;
  }

  #lost(redis: Redis): void {
    if (this.#redis !== redis) return;
    const { name, lane, reconnectMaxDelayMs } = this.#settings;
    const { loss } = this.#inFlight;
    this.#redis = undefined;
    this.#inFlight.close();
    this.losses += 1;
    publishConnection({ name, lane, event: "closed", ...codeOf(loss.cause) });
    if (this.state === "closed") return;
    // One that died young counts as a failure, or a server that accepts and drops would be dialed in a hot loop.
    const lived = this.#clock.now() - this.#openedAt >= reconnectMaxDelayMs;
    if (lived) this.#redial.succeeded();
    const detail = `${loss.detail}, reconnecting`;
    this.#lastError = new ConnectionError(name, "connect", detail, "not-sent", loss.cause);
    const pauseMs = this.#redial.failed(this.#lastError);
    this.state = pauseMs <= patienceMs ? "connecting" : "backoff";
  }
}

/** No caller may be waiting for it when it rejects. */
function quiet(resolvers: PromiseWithResolvers<void>): PromiseWithResolvers<void> {
  resolvers.promise.catch(() => undefined);
  return resolvers;
}

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
