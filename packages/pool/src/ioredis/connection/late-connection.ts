import type { ConnectionOptions } from "node:tls";

import { checkOptions, count, func, required, type Rules, text } from "@fleet/options";
import { keepAlive } from "@fleet/time";
import { Redis } from "ioredis";

import { InvalidOptionError } from "../../errors.ts";
import type { Credentials } from "./credentials.ts";
import { plainCause } from "./plain-cause.ts";

export interface LateConnectionOptions {
  /** A host name or an IP address. */
  readonly host: string;
  /** A TCP port. */
  readonly port: number;
  /** Asked when it is opened. @default none */
  readonly credentials?: () => Promise<Credentials | undefined>;
  /** Asked when it is opened. @default no TLS */
  readonly tls?: () => Promise<ConnectionOptions> | ConnectionOptions;
}

export const lateConnectionRules: Rules<LateConnectionOptions> = {
  host: required(text),
  port: required(count(1, 65_535)),
  credentials: { ...func, secret: true },
  tls: { ...func, secret: true },
};

type Event = "message" | "close" | "error";

/**
 * A connection outside of any pool, for what is no instance of a fleet: a Sentinel. It asks for its credentials and certificates
 * when it is opened, so that a rotated password is used from the next one on; it is opened once, and ends with its socket. It
 * speaks RESP3, so that it can be asked while it is subscribed.
 */
export class LateConnection {
  readonly #options: LateConnectionOptions;
  readonly #listeners: (readonly [event: Event, listener: (error: Error) => void])[] = [];
  #redis: Redis | undefined;
  #over = false;

  /** @throws InvalidOptionError */
  constructor(options: LateConnectionOptions) {
    checkOptions(options, lateConnectionRules, InvalidOptionError);
    this.#options = options;
  }

  async connect(): Promise<void> {
    const { host, port, credentials, tls } = this.#options;
    const [login, secured] = await Promise.all([credentials?.(), tls?.()]);
    if (this.#over) throw new Error("it was ended before it was open");
    const redis = new Redis({
      host,
      port,
      ...login,
      ...(secured !== undefined && { tls: secured }),
      lazyConnect: true,
      retryStrategy: null,
      enableOfflineQueue: false,
      disableClientInfo: true,
    });
    // Without a listener ioredis prints to the console.
    redis.on("error", (error: unknown) => this.#notify("error", bare(error)));
    redis.on("message", () => this.#notify("message"));
    redis.on("close", () => this.#notify("close"));
    this.#redis = redis;
    try {
      await redis.connect();
    } catch (error) {
      throw bare(error);
    }
    // An idle subscription keeps no process alive; a question does.
    redis.stream.unref();
  }

  /** @throws what Redis answers, or that the connection is not open. */
  async call(command: string, ...args: string[]): Promise<unknown> {
    return await keepAlive(this.#open.call(command, ...args));
  }

  async subscribe(...channels: string[]): Promise<unknown> {
    return await keepAlive(this.#open.subscribe(...channels));
  }

  on(event: "message" | "close", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: Event, listener: (error: Error) => void): void {
    this.#listeners.push([event, listener]);
  }

  /** Ends it now; what waits for an answer is rejected. */
  disconnect(): void {
    this.#over = true;
    this.#redis?.disconnect();
  }

  #notify(event: Event, error: Error = new Error(event)): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === event) listener(error);
  }

  get #open(): Redis {
    if (this.#redis === undefined) throw new Error("it is not open");
    return this.#redis;
  }
}

/** The error without the command that failed, which may be AUTH. */
function bare(error: unknown): Error {
  return plainCause(error) ?? new Error(error instanceof Error ? error.message : "it failed");
}
