import type { Redis } from "ioredis";

import { backoff } from "../../../backoff.ts";
import { deadlineOf } from "../../../call-options.ts";
import { publishConnection } from "../../../channels.ts";
import type { Clock } from "../../../clock.ts";
import { codeOf } from "../../../code-of.ts";
import {
  AuthenticationError,
  CommandTimeoutError,
  ConnectionError,
  PoolClosedError,
  WrongLaneError,
} from "../../../errors.ts";
import { encode, encodeOrRefuse } from "../../commands/encode.ts";
import type { BatchReply, Command, Reply } from "../../commands/reply.ts";
import { checkEncoding, WireCommand } from "../../commands/wire-command.ts";
import { destroy, type Dialed } from "../../connection/dial.ts";
import { plainCause } from "../../connection/plain-cause.ts";
import { Batch } from "./batch.ts";
import { InFlight } from "./in-flight.ts";
import type {
  SendOptions,
  SharedLaneSettings,
  SharedLaneState,
  SharedLaneStats,
} from "./shared-lane-options.ts";

/** After refused credentials: at most one dial per second, since only new credentials can help. */
const authenticationDelayMs = 1000;

let take: (reply: Reply) => void;
let refuse: (error: unknown) => void;
/** One executor for the promises of all commands: a closure less for each. */
function capture(resolve: (reply: Reply) => void, reject: (error: unknown) => void): void {
  take = resolve;
  refuse = reject;
}

/**
 * One connection that all callers share. Redis answers in order, so the connection needs no lease: a command is
 * written at once, and what one tick writes leaves in one system call. It is dialed on first use, and from then on
 * whenever it is lost.
 */
export class SharedLane {
  readonly #settings: SharedLaneSettings;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #closing = new AbortController();
  #state: SharedLaneState = "idle";
  #redis: Redis | undefined;
  #openedAt = 0;
  /** Failed dials, and connections that died young, since the last one that lived. */
  #failures = 0;
  #lastError: unknown;
  #retry: unknown;
  #readiness: PromiseWithResolvers<void> | undefined;
  #closed: Promise<void> | undefined;
  readonly #count = { commands: 0, batches: 0, exhausted: 0, dials: 0, failedDials: 0, losses: 0 };

  constructor(settings: SharedLaneSettings) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#inFlight = new InFlight({
      ...settings,
      broken: (why) => this.#drop(why),
    });
  }

  get state(): SharedLaneState {
    return this.#state;
  }

  get stats(): SharedLaneStats {
    const flight = this.#inFlight;
    return {
      state: this.#state,
      inFlight: flight.size,
      bytesInFlight: flight.bytes,
      waiting: flight.waiting.size,
      ...this.#count,
      timeouts: flight.timeouts,
      latencyAverageMs: flight.replies === 0 ? 0 : flight.latencySumMs / flight.replies,
      latencyMaxMs: flight.latencyMaxMs,
    };
  }

  /**
   * Sends one command. While the lane connects the command waits; after a failed dial it is refused at once.
   *
   * @throws ReplyError, CommandTimeoutError, ConnectionError, AuthenticationError, PoolExhaustedError, PoolClosedError,
   * WrongLaneError, TypeError, or the signal's reason; always through the promise.
   */
  send(command: Command, options?: SendOptions): Promise<Reply> {
    let payload: string | Buffer;
    let deadline: number;
    const now = this.#clock.now();
    try {
      payload = encode(command, "shared");
      deadline = this.#admit(now, 1, payload.length, options);
    } catch (error) {
      return Promise.reject(error);
    }
    const promise = new Promise<Reply>(capture);
    const wire = new WireCommand(
      this.#inFlight,
      payload,
      options?.encoding ?? "utf8",
      now,
      deadline,
      take,
      refuse,
    );
    this.#count.commands += 1;
    this.#inFlight.add(wire);
    if (options?.signal !== undefined) wire.watch(options.signal);
    return promise;
  }

  /**
   * Sends commands contiguously, as one call: one reply or error for each; one that cannot run here is refused in its
   * slot (WrongLaneError) and the others are sent. With `atomic` they are a transaction
   * (MULTI ... EXEC); if Redis discards it the promise rejects with its EXECABORT, whose `cause` is the first refusal.
   *
   * @throws as `send` does; after a timeout or a lost connection any of the commands may have been executed.
   */
  batch(
    commands: readonly Command[],
    options?: SendOptions & { readonly atomic?: boolean },
  ): Promise<readonly BatchReply[]> {
    if (commands.length === 0) return Promise.resolve([]);
    const atomic = options?.atomic === true;
    let payloads: (string | Buffer | WrongLaneError)[];
    let deadline: number;
    const now = this.#clock.now();
    try {
      payloads = commands.map((command) => (atomic ? encode(command, "shared") : encodeOrRefuse(command)));
      let sent = atomic ? 2 : 0;
      let bytes = 0;
      for (const payload of payloads) {
        if (payload instanceof WrongLaneError) continue;
        sent += 1;
        bytes += payload.length;
      }
      deadline = this.#admit(now, sent, bytes, options);
    } catch (error) {
      return Promise.reject(error);
    }
    const batch = new Batch(this.#inFlight, {
      encoding: options?.encoding ?? "utf8",
      startedAt: now,
      deadline,
    });
    const wires = atomic ? batch.transaction(payloads as (string | Buffer)[]) : batch.pipeline(payloads);
    this.#count.commands += wires.length;
    this.#count.batches += 1;
    for (const wire of wires) this.#inFlight.add(wire);
    if (options?.signal !== undefined && wires.length > 0) batch.watch(options.signal);
    return batch.promise;
  }

  /**
   * Resolves when the lane is connected, dialing if need be; rejects with the error of the dial under way, or of the
   * next one where a backoff runs.
   */
  ready({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#state === "closed") return Promise.reject(new PoolClosedError(this.#settings.name));
    if (this.#state === "ready") return Promise.resolve();
    if (this.#state === "idle") this.#dial();
    this.#readiness ??= quiet(Promise.withResolvers<void>());
    const { promise } = this.#readiness;
    return signal === undefined ? promise : orAborted(promise, signal);
  }

  /**
   * One PING, dialing if need be, whose random word proves that replies still reach the commands they answer. If they do
   * not, the connection is destroyed and everything on it rejected.
   *
   * @throws as `send` does; a ReplyError where the user may not PING.
   */
  prove(): Promise<void> {
    const now = this.#clock.now();
    try {
      return this.#inFlight.prove(now, this.#admit(now, 1, 0, undefined));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes nothing more; what is on its way may finish until `graceMs`, then the connection is destroyed. */
  close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  /** The deadline of a call that may be sent. */
  #admit(now: number, count: number, bytes: number, options: SendOptions | undefined): number {
    const deadline = deadlineOf(options, now, this.#settings.commandTimeoutMs);
    if (options !== undefined) {
      checkEncoding(options.encoding);
      options.signal?.throwIfAborted();
    }
    if (this.#state !== "ready") this.#admitUnready();
    if (deadline <= now) throw new CommandTimeoutError(this.#settings.name, "not-sent", 0);
    const refusal = this.#inFlight.refusal(count, bytes);
    if (refusal === undefined) return deadline;
    this.#count.exhausted += 1;
    throw refusal;
  }

  #admitUnready(): void {
    if (this.#state === "closed") throw new PoolClosedError(this.#settings.name);
    if (this.#state === "backoff") throw this.#lastError;
    if (this.#state === "idle") this.#dial();
  }

  #dial(): void {
    this.#state = "connecting";
    this.#count.dials += 1;
    this.#settings.dial(this.#closing.signal).then(
      (dialed) => this.#opened(dialed),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened({ redis, pingMs }: Dialed): void {
    const { name } = this.#settings;
    if (this.#state === "closed") {
      destroy(redis);
      return;
    }
    if (redis.status !== "ready") {
      this.#failed(
        new ConnectionError(name, "connect", "connection closed right after it was made", "not-sent"),
      );
      return;
    }
    this.#state = "ready";
    this.#redis = redis;
    this.#openedAt = this.#clock.now();
    redis.on("error", (error: unknown) => {
      if (this.#redis !== redis) return;
      const cause = plainCause(error);
      this.#inFlight.loss.cause ??= cause;
      // What is no socket's error is the decoder's, or a reply that nobody asked for: replies match no more.
      if (cause === undefined) this.#inFlight.distrust("the replies make no sense");
    });
    // ioredis listens too and did so first: by now it has rejected everything that was in flight.
    redis.stream.once("close", () => this.#lost(redis));
    publishConnection({ name, lane: "shared", event: "open" });
    this.#settings.dialed({ tookMs: pingMs });
    this.#inFlight.open(redis);
    this.#readiness?.resolve();
    this.#readiness = undefined;
  }

  #failed(error: unknown): void {
    if (this.#state === "closed") return;
    const { name, dialed } = this.#settings;
    this.#state = "backoff";
    this.#lastError = error;
    this.#count.failedDials += 1;
    this.#redialLater(error instanceof AuthenticationError ? authenticationDelayMs : 0);
    publishConnection({ name, lane: "shared", event: "failed", ...codeOf(error) });
    dialed({ error });
    this.#inFlight.refuseWaiting(error);
    this.#readiness?.reject(error);
    this.#readiness = undefined;
  }

  #lost(redis: Redis): void {
    if (this.#redis !== redis) return;
    const { name, reconnectMaxDelayMs } = this.#settings;
    const { loss } = this.#inFlight;
    this.#redis = undefined;
    this.#inFlight.close();
    this.#count.losses += 1;
    publishConnection({ name, lane: "shared", event: "closed", ...codeOf(loss.cause) });
    if (this.#state === "closed") return;
    // One that died young counts as a failure, or a server that accepts and drops would be dialed in a hot loop.
    const lived = this.#clock.now() - this.#openedAt >= reconnectMaxDelayMs;
    if (lived) this.#failures = 0;
    this.#state = this.#failures === 0 ? "connecting" : "backoff";
    this.#lastError = new ConnectionError(
      name,
      "connect",
      `${loss.detail}, reconnecting`,
      "not-sent",
      loss.cause,
    );
    this.#redialLater(0);
  }

  #redialLater(minDelayMs: number): void {
    const { reconnectMinDelayMs, reconnectMaxDelayMs, random } = this.#settings;
    const delayMs = backoff(this.#failures, reconnectMinDelayMs, reconnectMaxDelayMs, random);
    this.#failures += 1;
    this.#retry = this.#clock.setTimeout(() => this.#dial(), Math.max(minDelayMs, delayMs));
  }

  /** Not when "close" comes: until then commands would go to a connection that is given up. */
  #drop(why: string): void {
    const redis = this.#redis;
    if (redis === undefined) return;
    this.#inFlight.loss.detail = why;
    destroy(redis);
    this.#lost(redis);
  }

  async #close(graceMs: number): Promise<void> {
    const { name } = this.#settings;
    const error = new PoolClosedError(name);
    this.#state = "closed";
    this.#clock.clearTimeout(this.#retry);
    this.#closing.abort(error);
    this.#inFlight.refuseWaiting(error);
    this.#readiness?.reject(error);
    const redis = this.#redis;
    if (redis !== undefined) {
      const grace = Promise.withResolvers<void>();
      const timer = this.#clock.setTimeout(grace.resolve, graceMs);
      await Promise.race([this.#inFlight.drained(), grace.promise]);
      this.#clock.clearTimeout(timer);
      const ended = new Promise<void>((resolve) => {
        if (redis.stream.closed) resolve();
        else redis.stream.once("close", () => resolve());
      });
      this.#drop("the pool was closed");
      await ended;
    }
    this.#inFlight.stop();
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
