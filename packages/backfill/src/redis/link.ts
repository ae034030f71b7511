import { backoff, type Clock, sleep, within } from "@fleet/time";

import { publish, type RedisEvent } from "../channels.ts";
import { ClosedError, RedisError } from "../errors.ts";
import { placeOf, type Script } from "../protocol/lua/script.ts";
import type { Connect, Connection } from "./connection.ts";
import { Dial } from "./dial.ts";
import { codeOf, faultOf } from "./redis-fault.ts";

interface RedisLinkOptions {
  readonly connect: Connect;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** For the channel. */
  readonly of: { readonly run: string; readonly link: RedisEvent["link"]; readonly worker?: string };
}

const redialMinMs = 20;
const redialMaxMs = 1000;

/**
 * A link to Redis that does not trust its connection: every command has a deadline, and a connection that let one pass is
 * destroyed (half open, it would stay silent for ever) and made anew. Nothing is sent twice unless the caller asks for it.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  #dial: Dial | undefined;
  #closed = false;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  /**
   * @param timeoutMs dialing included. @default commandTimeoutMs
   * @throws RedisError (`UNREACHABLE`: whether it was executed is not known), the server's error reply, ClosedError.
   */
  async call(
    command: string,
    args: (string | number)[],
    timeoutMs: number = this.#options.commandTimeoutMs,
  ): Promise<unknown> {
    return this.#ask(timeoutMs, command, (connection) => connection.call(command, args));
  }

  async callBuffer(command: string, args: (string | number)[]): Promise<unknown> {
    return this.#ask(this.#options.commandTimeoutMs, command, (connection) =>
      connection.callBuffer(command, args),
    );
  }

  /** @throws as `call`. */
  async run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.call("EVALSHA", [script.sha, ...rest]);
    } catch (error) {
      if (codeOf(error) !== "NOSCRIPT") throw located(error, script);
    }
    try {
      return await this.call("EVAL", [script.text, ...rest]);
    } catch (error) {
      throw located(error, script);
    }
  }

  /**
   * Runs a script until it is answered. It may be executed more than once.
   *
   * @throws the server's error reply when repeating is of no use, the signal's reason, ClosedError.
   */
  async runUntilAnswered(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    for (let failures = 0; ; failures += 1) {
      try {
        const answer = await this.run(script, keys, args);
        if (failures > 0) this.#publish("recovered");
        return answer;
      } catch (error) {
        if (error instanceof ClosedError) throw error;
        if (!(error instanceof RedisError) && faultOf(error) === "final") throw error;
        if (!(error instanceof RedisError)) this.#publish("refused", codeOf(error));
        const { clock, random } = this.#options;
        await sleep(clock, backoff(failures, { minMs: redialMinMs, maxMs: redialMaxMs, random }), signal);
        signal?.throwIfAborted();
      }
    }
  }

  /** Ends the connection at once; whatever is on it is rejected. */
  close(): void {
    this.#closed = true;
    this.#dial?.end(new ClosedError("the connection is closed"));
  }

  async #ask(
    timeoutMs: number,
    command: string,
    send: (connection: Connection) => Promise<unknown>,
  ): Promise<unknown> {
    if (this.#closed) throw new ClosedError("the connection is closed");
    if (this.#dial === undefined || this.#dial.isOver) this.#dial = new Dial(this.#options.connect);
    const dial = this.#dial;
    let late: RedisError | undefined;
    const work = Promise.race([dial.ready.then(send), dial.lost]);
    try {
      return await within(work, {
        clock: this.#options.clock,
        ms: timeoutMs,
        late: () =>
          (late = new RedisError("unreachable", `Redis did not answer ${command} within ${timeoutMs} ms`)),
      });
    } catch (error) {
      if (this.#closed) throw new ClosedError("the connection is closed");
      if (late === undefined && faultOf(error) !== "reconnect") throw error;
      this.#publish(late === undefined ? "lost" : "timeout", codeOf(error));
      dial.end(error);
      // What only another server can answer is still an answer.
      if (late !== undefined || (error as Error).name === "ReplyError") throw error;
      throw new RedisError("unreachable", `Redis is not reachable: ${(error as Error).message}`, error);
    }
  }

  #publish(event: RedisEvent["event"], code?: string): void {
    publish("redis", () => ({ ...this.#options.of, event, ...(code !== undefined && { code }) }));
  }
}

/** The error with the place in our files, where Redis names a line of the script. */
function located(error: unknown, script: Script): unknown {
  if (!(error instanceof Error)) return error;
  const line = /@user_script:(\d+)/.exec(error.message)?.[1];
  const place = line === undefined ? undefined : placeOf(script, Number(line));
  if (place !== undefined) error.message += ` (${place})`;
  return error;
}
