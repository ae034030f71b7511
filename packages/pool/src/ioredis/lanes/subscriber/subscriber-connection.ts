import { unref } from "@fleet/time";
import type { Redis } from "ioredis";

import { publishConnection } from "../../../channels.ts";
import { codeOf } from "../../../code-of.ts";
import { ConnectionError, PoolClosedError, ReplyError } from "../../../errors.ts";
import { Redial } from "../../../redial.ts";
import { encode } from "../../commands/encode.ts";
import { destroy, type Dialed } from "../../connection/dial.ts";
import { plainCause } from "../../connection/plain-cause.ts";
import type { Due } from "../../resp/reply-limits.ts";
import { ReplyReader } from "../../resp/reply-reader.ts";
import { decodeReply, type Reply } from "../../resp/reply.ts";
import { takeOver } from "../shared/take-over.ts";
import type { SubscriberLaneSettings } from "./subscriber-options.ts";

/** What the lane makes of the connection. */
export interface ConnectionListener {
  /** Every name has to be asked for again. */
  opened(): void;
  failed(error: unknown): void;
  lost(error: ConnectionError): void;
  /** More than a limit allows came as one message, and was passed over. */
  skipped(error: Error): void;
  /** What comes unasked: a message. */
  pushed(parts: readonly Reply[]): void;
}

/** A request whose answer is due. One name each, so that each has one answer, in order. */
interface Asked {
  /** The first word of the answer. */
  readonly word: string;
  readonly answered: (error: ReplyError | undefined) => void;
}

const pushes: ReadonlySet<string> = new Set(["message", "pmessage", "smessage"]);

/** One connection that subscribes. It is dialed while it is wanted, and again, after a pause, when it is lost. */
export class SubscriberConnection {
  dials = 0;
  failedDials = 0;
  losses = 0;
  timeouts = 0;
  readonly #settings: SubscriberLaneSettings;
  readonly #listener: ConnectionListener;
  readonly #redial: Redial;
  readonly #closing = new AbortController();
  readonly #due: Due;
  #state: "idle" | "connecting" | "resting" | "ready" | "closed" = "idle";
  #isWanted = false;
  #redis: Redis | undefined;
  #reader: ReplyReader<Due> | undefined;
  #asked: Asked[] = [];
  #openedAt = 0;
  #cause: Error | undefined;
  #hasRead = false;
  #heartbeat: unknown;
  #idle: unknown;

  constructor(settings: SubscriberLaneSettings, listener: ConnectionListener) {
    this.#settings = settings;
    this.#listener = listener;
    const { maxReplyBytes, maxReplyElements, clock, random } = settings;
    const limits = { maxReplyBytes, maxReplyElements, maxReplyDepth: 4, budget: undefined };
    this.#due = { limits, settled: false };
    this.#redial = new Redial({
      minDelayMs: settings.reconnectMinDelayMs,
      maxDelayMs: settings.reconnectMaxDelayMs,
      clock,
      random,
      rested: () => this.#rested(),
    });
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  /** There is something to subscribe to. */
  want(): void {
    this.#isWanted = true;
    this.#settings.clock.clearTimeout(this.#idle);
    if (this.#state === "idle") this.#dial();
  }

  /** There is nothing more to subscribe to: closed after a while. */
  unwant(): void {
    const { clock, idleTimeoutMs } = this.#settings;
    this.#isWanted = false;
    clock.clearTimeout(this.#idle);
    this.#idle = unref(clock.setTimeout(() => this.#end("closed"), idleTimeoutMs));
  }

  /** Only while it is ready. */
  ask(verb: string, name: Buffer, answered: Asked["answered"]): void {
    this.#write([verb, name], { word: verb.toLowerCase(), answered });
  }

  async close(): Promise<void> {
    const redis = this.#redis;
    const ended =
      redis === undefined || redis.stream.closed
        ? undefined
        : new Promise<void>((resolve) => redis.stream.once("close", () => resolve()));
    this.#end("closed");
    this.#state = "closed";
    this.#redial.stop();
    this.#settings.clock.clearTimeout(this.#idle);
    this.#closing.abort(new PoolClosedError(this.#settings.name));
    await ended;
  }

  #dial(): void {
    this.#state = "connecting";
    this.dials += 1;
    this.#settings.dial(this.#closing.signal).then(
      (dialed) => this.#opened(dialed),
      (error: unknown) => this.#failed(error),
    );
  }

  #opened({ redis }: Dialed): void {
    const { name, lane, maxSkippedBytes, clock } = this.#settings;
    if (this.#state === "closed") {
      destroy(redis);
      return;
    }
    if (redis.status !== "ready") {
      const detail = "connection closed right after it was made";
      this.#failed(new ConnectionError(name, "connect", detail, "not-sent"));
      return;
    }
    redis.stream.unref();
    this.#state = "ready";
    this.#redis = redis;
    this.#cause = undefined;
    this.#openedAt = clock.now();
    this.#reader = new ReplyReader<Due>({
      maxSkippedBytes,
      due: () => this.#due,
      took: (_, bytes, start, end) => {
        if (bytes !== undefined) this.#took(bytes.subarray(start, end));
      },
      exceeded: (_, limit) =>
        this.#listener.skipped(
          new Error(`${name}: a message was over the limit of ${limit} and was passed over`),
        ),
      endless: () => this.#lose("a message would not end"),
    });
    takeOver(redis, { data: (chunk) => this.#read(chunk), close: () => this.#closed(redis) });
    redis.on("error", (error: unknown) => {
      if (this.#redis === redis) this.#cause ??= plainCause(error);
    });
    publishConnection({ name, lane, event: "open" });
    this.#beat();
    if (!this.#isWanted) this.unwant();
    this.#listener.opened();
  }

  #failed(error: unknown): void {
    if (this.#state === "closed") return;
    const { name, lane } = this.#settings;
    this.failedDials += 1;
    publishConnection({ name, lane, event: "failed", ...codeOf(error) });
    this.#state = "resting";
    this.#redial.failed(error);
    this.#listener.failed(error);
  }

  #rested(): void {
    if (this.#state !== "resting") return;
    this.#state = "idle";
    if (this.#isWanted) this.#dial();
  }

  #read(chunk: Buffer): void {
    this.#hasRead = true;
    try {
      this.#reader?.read(chunk);
    } catch (error) {
      this.#lose(`what arrives makes no sense: ${String(error)}`);
    }
  }

  #took(bytes: Buffer): void {
    let reply: Reply;
    try {
      reply = decodeReply(bytes, "buffer");
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      const asked = this.#asked.shift();
      if (asked === undefined) throw error;
      asked.answered(error);
      return;
    }
    const word = String(Array.isArray(reply) ? reply[0] : reply).toLowerCase();
    if (pushes.has(word)) {
      this.#listener.pushed(reply as readonly Reply[]);
      return;
    }
    const asked = this.#asked.shift();
    // A server may end a subscription by itself: a slot that moves takes its shard channels along.
    if (asked?.word !== word) throw new Error(`"${word}" was not asked for`);
    asked.answered(undefined);
  }

  #write(command: readonly [string, ...(string | Buffer)[]], asked: Asked): void {
    this.#asked.push(asked);
    this.#redis?.stream.write(encode(command, "own"));
  }

  /** Asks, and gives the connection up where nothing has arrived since it last asked. */
  #beat(): void {
    const { clock, heartbeatMs } = this.#settings;
    this.#hasRead = false;
    this.#write(["PING"], { word: "pong", answered: () => undefined });
    const check = (): void => {
      if (this.#hasRead) this.#beat();
      else {
        this.timeouts += 1;
        this.#lose(`nothing arrived for ${heartbeatMs} ms`);
      }
    };
    this.#heartbeat = unref(clock.setTimeout(check, heartbeatMs));
  }

  #closed(redis: Redis): void {
    if (this.#redis === redis) this.#lose("the connection was closed");
  }

  #lose(detail: string): void {
    if (this.#redis === undefined) return;
    const { name, clock, reconnectMaxDelayMs } = this.#settings;
    const cause = this.#cause;
    const error = new ConnectionError(name, "lost", `${detail}, subscribing again`, "not-sent", cause);
    this.losses += 1;
    this.#end("lost");
    // One that died young counts as a failure, or a server that accepts and drops would be dialed in a hot loop.
    if (clock.now() - this.#openedAt >= reconnectMaxDelayMs) this.#redial.succeeded();
    this.#state = "resting";
    this.#redial.failed(error);
    this.#listener.lost(error);
  }

  #end(why: "closed" | "lost"): void {
    const redis = this.#redis;
    if (redis === undefined) return;
    const { name, lane, clock } = this.#settings;
    this.#redis = undefined;
    this.#reader?.stop();
    this.#reader = undefined;
    this.#asked = [];
    clock.clearTimeout(this.#heartbeat);
    destroy(redis);
    if (why === "closed") this.#state = "idle";
    publishConnection({ name, lane, event: "closed", ...codeOf(this.#cause) });
  }
}
