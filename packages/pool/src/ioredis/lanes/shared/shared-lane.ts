import type { Clock } from "@fleet/time";

import { checkGrace, deadlineOf } from "../../../call-options.ts";
import { CommandTimeoutError, WrongLaneError } from "../../../errors.ts";
import type { Lane } from "../../../lane.ts";
import type { Command } from "../../commands/command.ts";
import { encode, encodeOrRefuse } from "../../commands/encode.ts";
import { checkEncoding, WireCommand } from "../../commands/wire-command.ts";
import type { ReplyLimits } from "../../resp/reply-limits.ts";
import type { BatchReply, Reply } from "../../resp/reply.ts";
import { Batch } from "./batch.ts";
import { InFlight } from "./in-flight.ts";
import { type BatchLimits, LaneLimits } from "./lane-limits.ts";
import { SharedConnection } from "./shared-connection.ts";
import type {
  BatchOptions,
  SendOptions,
  SharedLaneSettings,
  SharedLaneState,
  SharedLaneStats,
} from "./shared-lane-options.ts";

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
export class SharedLane implements Lane {
  readonly name: string;
  readonly #settings: SharedLaneSettings;
  readonly #clock: Clock;
  readonly #limits: LaneLimits;
  readonly #inFlight: InFlight;
  readonly #connection: SharedConnection;
  #closed: Promise<void> | undefined;
  readonly #count = { commands: 0, batches: 0, exhausted: 0 };

  constructor(settings: SharedLaneSettings) {
    this.name = settings.lane;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#limits = new LaneLimits(settings);
    this.#inFlight = new InFlight({
      ...settings,
      broken: (why) => this.#connection.drop(why),
    });
    this.#connection = new SharedConnection(settings, this.#inFlight);
  }

  get state(): SharedLaneState {
    return this.#connection.state;
  }

  /** Of all replies of a batch together, where the call sets no limit of its own, in bytes. */
  get maxRepliesBytes(): number {
    return this.#limits.maxRepliesBytes;
  }

  get stats(): SharedLaneStats {
    const flight = this.#inFlight;
    const { state, dials, failedDials, losses } = this.#connection;
    return {
      state,
      inFlight: flight.size,
      bytesInFlight: flight.bytes,
      waiting: flight.waiting.size,
      ...this.#count,
      dials,
      failedDials,
      losses,
      timeouts: flight.timeouts,
      latencyAverageMs: flight.latency.averageMs,
      latencyMaxMs: flight.latency.maxMs,
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
    let limits: ReplyLimits;
    const now = this.#clock.now();
    try {
      limits = this.#limits.ofCall(options);
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
      limits,
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
  batch(commands: readonly Command[], options?: BatchOptions): Promise<readonly BatchReply[]> {
    if (commands.length === 0) return Promise.resolve([]);
    const atomic = options?.atomic === true;
    let payloads: (string | Buffer | WrongLaneError)[];
    let deadline: number;
    let limits: BatchLimits;
    const now = this.#clock.now();
    try {
      limits = this.#limits.ofBatch(options);
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
      limits,
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
    return this.#connection.ready(signal);
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

  /**
   * Takes nothing more; what is on its way may finish until `graceMs`, then the connection is destroyed. Twice is the same
   * promise.
   *
   * @param options `graceMs` defaults to `commandTimeoutMs`.
   */
  close({
    graceMs = this.#settings.commandTimeoutMs,
  }: { readonly graceMs?: number | undefined } = {}): Promise<void> {
    checkGrace(graceMs);
    this.#closed ??= this.#connection.close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The deadline of a call that may be sent. */
  #admit(now: number, count: number, bytes: number, options: SendOptions | undefined): number {
    const deadline = deadlineOf(options, now, this.#settings.commandTimeoutMs);
    if (options !== undefined) {
      checkEncoding(options.encoding);
      options.signal?.throwIfAborted();
    }
    if (this.#connection.state !== "ready") this.#connection.demand();
    if (deadline <= now) throw new CommandTimeoutError(this.#settings.name, "not-sent", 0);
    const refusal = this.#inFlight.refusal(count, bytes);
    if (refusal === undefined) return deadline;
    this.#count.exhausted += 1;
    throw refusal;
  }
}
