import { backoff } from "../backoff.ts";
import { publish, type RedisEvent } from "../channels.ts";
import type { Clock } from "../clock.ts";
import { ClosedError, RedisError } from "../errors.ts";
import type { Script } from "../protocol/scripts/script.ts";
import { sleep } from "../sleep.ts";
import { within } from "../within.ts";
import type { Connect, Connection } from "./connection.ts";
import { Dial } from "./dial.ts";
import { codeOf, faultOf } from "./redis-fault.ts";

interface LinkOptions {
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
 * A way to Redis that does not trust its connection: every command has a deadline, and a connection that let one pass is
 * destroyed (half open, it would stay silent for ever) and made anew. Nothing is sent twice unless the caller says so.
 */
export class Link {
  readonly #options: LinkOptions;
  #dial: Dial | undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * @param timeoutMs dialing included. @default commandTimeoutMs
   * @throws RedisError (`UNREACHABLE`: nobody knows whether it was executed), the server's error reply, ClosedError.
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
      if (codeOf(error) !== "NOSCRIPT") throw error;
      return await this.call("EVAL", [script.text, ...rest]);
    }
  }

  /**
   * Runs a script until it is answered. It may be executed more than once.
   *
   * @throws the server's error reply when repeating is of no use, the signal's reason, ClosedError.
   */
  async insist(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    for (let failures = 0; ; failures += 1) {
      try {
        const answer = await this.run(script, keys, args);
        if (failures > 0) this.#tell("recovered");
        return answer;
      } catch (error) {
        if (error instanceof ClosedError) throw error;
        if (!(error instanceof RedisError) && faultOf(error) === "final") throw error;
        if (!(error instanceof RedisError)) this.#tell("refused", codeOf(error));
        const { clock, random } = this.#options;
        await sleep(clock, backoff(failures, redialMinMs, redialMaxMs, random), signal);
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
      return await within(this.#options.clock, timeoutMs, work, () => {
        late = new RedisError("unreachable", `Redis did not answer ${command} within ${timeoutMs} ms`);
        return late;
      });
    } catch (error) {
      if (this.#closed) throw new ClosedError("the connection is closed");
      if (late === undefined && faultOf(error) !== "reconnect") throw error;
      this.#tell(late === undefined ? "lost" : "timeout", codeOf(error));
      dial.end(error);
      // What only another server can answer is still an answer.
      if (late !== undefined || (error as Error).name === "ReplyError") throw error;
      throw new RedisError("unreachable", `Redis is not reachable: ${(error as Error).message}`, error);
    }
  }

  #tell(event: RedisEvent["event"], code?: string): void {
    publish("redis", () => ({ ...this.#options.of, event, ...(code !== undefined && { code }) }));
  }
}
