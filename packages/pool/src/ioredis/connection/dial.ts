import type { ConnectionOptions } from "node:tls";

import { type Clock, unref } from "@fleet/time";
import { Redis } from "ioredis";

import {
  type DialReason,
  plainText,
  reasonOfFirst,
  reasonOfReply,
  reasonOfSocket,
} from "../../dial-reason.ts";
import { AuthenticationError, ConnectionError, ReplyError } from "../../errors.ts";
import { FairTimer } from "../../fair-timer.ts";
import { ask } from "../commands/ask.ts";
import type { Flush } from "../commands/joined-writes.ts";
import { isCredentials, type Credentials } from "./credentials.ts";
import { hintOf } from "./dial-hint.ts";
import { Inquiry } from "./inquiry.ts";
import { plainCause } from "./plain-cause.ts";
import { redisOptions } from "./redis-options.ts";
import {
  greetingAt,
  speaksPlainAt,
  speaksTlsAt,
  type SpokenAtOptions,
  wantsCertificateAt,
} from "./spoken-at.ts";

/** What a dial needs to know about the server. */
export interface DialOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly credentials: (() => Promise<Credentials | undefined>) | undefined;
  readonly tls: (() => Promise<ConnectionOptions | undefined> | ConnectionOptions | undefined) | undefined;
  readonly dialTimeoutMs: number;
  readonly clock: Clock;
  /** Whether the server is asked whether it is a Sentinel. A user with few rights is not: its refusal would stand in ACL LOG. @default true */
  readonly asksRole?: boolean;
  /** Of the same server, for all its dials. @default one for each */
  readonly inquiry?: Inquiry<Finding>;
}

/** What a server would say that closed or was silent. */
export type Finding = { readonly reason: DialReason; readonly text?: string } | undefined;

/** What differs from connection to connection. */
export interface Dialing {
  /** For CLIENT LIST. */
  readonly label: string;
  /** Join the writes of a tick; absent: ioredis' own connector. */
  readonly flush?: Flush;
  readonly signal: AbortSignal;
}

export interface Dialed {
  readonly redis: Redis;
  /** The round trip of its PING. */
  readonly pingMs: number;
}

/**
 * One connection, ready and authenticated: TCP, TLS, AUTH and PING inside one deadline (ioredis' `connectTimeout` ends
 * with TCP). The password goes from the provider to the socket: ioredis never sees it, so that none of its errors,
 * options or debug lines can show it. The connection never reconnects by itself.
 *
 * @throws ConnectionError, AuthenticationError, or the signal's reason.
 */
export async function dial(options: DialOptions, dialing: Dialing): Promise<Dialed> {
  const { clock, dialTimeoutMs } = options;
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined); // It counts only where it wins the race.
  const attempt = new Attempt(options, dialing);
  const timer = new FairTimer(clock, dialTimeoutMs, () => {
    end.reject(attempt.failed(`no connection within ${dialTimeoutMs} ms`, "timeout"));
  });
  const abort = (): void => {
    end.reject(dialing.signal.reason);
  };
  dialing.signal.addEventListener("abort", abort, { once: true });
  try {
    dialing.signal.throwIfAborted();
    return await Promise.race([attempt.run(), end.promise]);
  } catch (error) {
    attempt.giveUp();
    throw error;
  } finally {
    timer.stop();
    dialing.signal.removeEventListener("abort", abort);
  }
}

/** Ends a connection now; ioredis rejects what is in flight on it. */
export function destroy(redis: Redis): void {
  // Not `disconnect` where there is a socket: it arms a timer that only the "close" of a living socket clears.
  if (redis.stream === undefined) redis.disconnect();
  else redis.stream.destroy();
}

class Attempt {
  readonly #options: DialOptions;
  readonly #dialing: Dialing;
  readonly #inquiry: Inquiry<Finding>;
  #redis: Redis | undefined;
  #socketError: Error | undefined;
  readonly #over = new AbortController();
  #tls: ConnectionOptions | undefined;
  #isConnected = false;
  /** The first that the other side said. */
  #first: Buffer | undefined;
  /** Runs while a handshake is unanswered. */
  #silent: unknown;

  constructor(options: DialOptions, dialing: Dialing) {
    this.#options = options;
    this.#dialing = dialing;
    this.#inquiry = options.inquiry ?? new Inquiry(options.clock);
  }

  async run(): Promise<Dialed> {
    const credentials = await this.#ask("credentials", this.#options.credentials);
    this.#check(credentials);
    const tls = await this.#ask("TLS settings", this.#options.tls);
    if (this.#over.signal.aborted) throw this.failed("given up");
    this.#tls = tls;
    const redis = this.#open(tls);
    try {
      await (tls !== undefined ? Promise.race([redis.connect(), this.#silence(redis)]) : redis.connect());
      this.#isConnected = true;
      redis.stream.once("data", (data: Buffer) => {
        this.#first = data;
      });
      const startedAt = this.#options.clock.now();
      await this.#introduce(redis, credentials);
      return { redis, pingMs: this.#options.clock.now() - startedAt };
    } catch (error) {
      if (error instanceof AuthenticationError || error instanceof ConnectionError) throw error;
      throw await this.#explained(error);
    } finally {
      this.#options.clock.clearTimeout(this.#silent);
    }
  }

  giveUp(): void {
    this.#over.abort();
    this.#options.clock.clearTimeout(this.#silent);
    if (this.#redis !== undefined) destroy(this.#redis);
  }

  failed(detail: string, reason?: DialReason): ConnectionError {
    const cause = this.#socketError;
    const why = reasonOfSocket(cause);
    // The socket's error explains more than a timeout does, and what an inquiry found explains more than the socket's error.
    const known = reason === undefined || (reason === "timeout" && why !== undefined) ? why : reason;
    const hint = known === undefined ? undefined : hintOf(known, this.#tls, this.#isConnected);
    const text = [cause === undefined ? detail : `${detail}: ${plainText(cause)}`, hint]
      .filter(Boolean)
      .join("; ");
    return new ConnectionError(this.#options.name, "connect", text, "not-sent", cause, known);
  }

  async #explained(error: unknown): Promise<ConnectionError> {
    if (error instanceof ReplyError) return this.failed(error.message, reasonOfReply(error.message));
    const detail = this.#isConnected ? "connection closed while it was set up" : "connect failed";
    if (this.#first === undefined && (reasonOfSocket(this.#socketError) ?? "closed") === "closed")
      return this.#found(detail);
    const said = this.#first && reasonOfFirst(this.#first);
    return this.failed(said?.text ?? detail, said?.reason);
  }

  /** Where the other side closed without a word: whether it would have talked in another way. */
  async #found(detail: string): Promise<ConnectionError> {
    const tls = this.#tls;
    const question = tls === undefined ? "plain" : this.#isConnected ? "certificate" : "handshake";
    const found = await this.#inquiry.ask(question, () => this.#find(tls));
    return this.failed(found?.text ?? detail, found?.reason ?? "closed");
  }

  async #find(tls: ConnectionOptions | undefined): Promise<Finding> {
    const there = this.#there;
    if (tls !== undefined && this.#isConnected)
      return (await wantsCertificateAt(there, tls)) ? { reason: "tls-client-certificate" } : undefined;
    if (tls !== undefined) return (await speaksPlainAt(there)) ? { reason: "tls-not-expected" } : undefined;
    const [isTls, greeting] = await Promise.all([speaksTlsAt(there), greetingAt(there)]);
    if (isTls) return { reason: "tls-expected" };
    return greeting && reasonOfFirst(greeting);
  }

  /** Fails when a TLS handshake gets no answer while the server would answer in plain text; else never ends. */
  async #silence(redis: Redis): Promise<never> {
    const { clock, dialTimeoutMs } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#silent = unref(clock.setTimeout(resolve, dialTimeoutMs / 2));
    await promise;
    if (redis.status === "connecting") {
      const found = await this.#inquiry.ask("handshake", () => this.#find(this.#tls));
      if (found !== undefined) throw this.failed("no answer to the TLS handshake", found.reason);
    }
    return new Promise(() => undefined);
  }

  get #there(): SpokenAtOptions {
    const { host, port, clock, dialTimeoutMs } = this.#options;
    return { host, port, clock, timeoutMs: dialTimeoutMs / 4, signal: this.#over.signal };
  }

  async #ask<T>(what: string, provider: (() => Promise<T> | T) | undefined): Promise<T | undefined> {
    try {
      return await provider?.();
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      const cause = plainCause(error);
      const code = cause === undefined ? "" : ` (${String((cause as NodeJS.ErrnoException).code)})`;
      const reason = what === "credentials" ? "credentials-unavailable" : "certificates-unavailable";
      // Not its text: a provider may write secrets into it.
      throw new AuthenticationError(
        this.#options.name,
        `the provider of ${what} failed${code}`,
        cause,
        reason,
      );
    }
  }

  #open(tls: ConnectionOptions | undefined): Redis {
    const { host, port, dialTimeoutMs } = this.#options;
    const { flush } = this.#dialing;
    const redis = new Redis(redisOptions({ host, port, tls, flush, dialTimeoutMs }));
    // Without a listener ioredis prints to the console.
    redis.on("error", (error: unknown) => {
      this.#socketError ??= plainCause(error);
    });
    this.#redis = redis;
    return redis;
  }

  /** Logs in; where the server refuses, with what the credentials may be else. The first refusal is the error. */
  async #introduce(redis: Redis, credentials: Credentials | undefined): Promise<void> {
    let refusal: unknown;
    for (let login = credentials; ;) {
      const refused = await this.#login(redis, login);
      if (refused === undefined) return;
      refusal ??= refused;
      const isRefusal = refused instanceof AuthenticationError && refused.reason === "wrong-password";
      login = isRefusal ? await this.#ask("credentials", login?.next) : undefined;
      if (login === undefined) throw refusal;
      this.#check(login);
    }
  }

  /**
   * ioredis' ready check is off: this PING is what finds a server that is loading, or a replica without its primary. A Sentinel
   * answers it as well, and says by its ROLE that it is one.
   */
  async #login(redis: Redis, { username, password, isGuess }: Credentials = {}): Promise<unknown> {
    const replies = await Promise.allSettled([
      password === undefined
        ? undefined
        : ask(redis, username === undefined ? ["AUTH", password] : ["AUTH", username, password]),
      ask(redis, ["CLIENT", "SETNAME", this.#dialing.label.replaceAll(/[^!-~]/g, "_")]),
      ask(redis, ["PING"]),
      this.#options.asksRole === false ? undefined : ask(redis, ["ROLE"]),
    ]);
    const [auth, , ping, role] = replies;
    if (role.status === "fulfilled" && String([role.value].flat()[0]) === "sentinel")
      return this.failed("", "sentinel");
    const refused = auth?.status === "rejected" ? this.#refused(auth.reason) : undefined;
    const wantsNone = refused instanceof AuthenticationError && refused.reason === "password-not-expected";
    if (refused !== undefined && !(wantsNone && isGuess === true)) return refused;
    // A user that may not PING is logged in all the same.
    return ping?.status === "rejected" && !isDenied(ping.reason) ? this.#refused(ping.reason) : undefined;
  }

  #check(credentials: Credentials | undefined): void {
    if (isCredentials(credentials)) return;
    throw new AuthenticationError(
      this.#options.name,
      "the provider of credentials answered no { password: string, username?: string }",
    );
  }

  #refused(error: unknown): unknown {
    if (!(error instanceof ReplyError)) return error;
    if (/^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/.test(error.message))
      return new AuthenticationError(this.#options.name, error.message);
    return error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof ReplyError && error.prefix === "NOPERM";
}
