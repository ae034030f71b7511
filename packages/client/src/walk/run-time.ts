import { FairTimer } from "@fleet/pool";
import type { Clock } from "@fleet/time";
import type { Redis } from "ioredis";

/** Longest delay a Node timer keeps. */
const maxTimerMs = 2 ** 31 - 1;

type Sent = Parameters<Redis["sendCommand"]>[0];

export interface RunTimeOptions {
  readonly clock: Clock;
  readonly leftMs: number;
  /** Time in a blocking command, as far as the command itself allows it, does not count. */
  readonly sparesBlocking: boolean;
  /** The time is up. */
  readonly over: (unanswered: number) => void;
}

/** The time that a work on a leased connection has. */
export class RunTime {
  readonly #options: RunTimeOptions;
  readonly #unread: { readonly length: number };
  /** What was left when the clock was looked at last, and when that was. */
  #leftMs: number;
  #since: number;
  /** Blocking commands without an answer, and how long they may take together. */
  #blocking = 0;
  #allowedMs = 0;
  #timer: FairTimer | undefined;
  #quits = false;
  #stopped = false;

  constructor(redis: Redis, options: RunTimeOptions) {
    this.#options = options;
    this.#unread = redis.commandQueue;
    this.#leftMs = options.leftMs;
    this.#since = options.clock.now();
    const send = redis.sendCommand.bind(redis);
    // What is set on a lease's connection ends with the lease.
    redis.sendCommand = (command, stream) => {
      this.#note(command);
      return send(command, stream);
    };
    this.#arm();
  }

  /** The work itself ends the connection. */
  get quits(): boolean {
    return this.#quits;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
  }

  #note(command: Sent): void {
    if (command.name.toLowerCase() === "quit") this.#quits = true;
    const ms = blockingMs(command);
    if (ms === undefined) return;
    this.#look();
    this.#blocking += 1;
    this.#allowedMs += ms === 0 ? Infinity : ms;
    this.#arm();
    const answered = (): void => {
      this.#look();
      this.#blocking -= 1;
      if (this.#blocking === 0) this.#allowedMs = 0;
      this.#arm();
    };
    // Not through its promise: a handler there would hide a rejection that the work forgot to handle.
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      answered();
      return resolve(reply);
    };
    command.reject = (error) => {
      answered();
      reject(error);
    };
  }

  /** Takes from what is left the time since the last look, and none while a blocking command is within its own. */
  #look(): void {
    const now = this.#options.clock.now();
    let tookMs = now - this.#since;
    this.#since = now;
    if (this.#options.sparesBlocking && this.#blocking > 0) {
      const spared = Math.min(tookMs, this.#allowedMs);
      tookMs -= spared;
      this.#allowedMs -= spared;
    }
    this.#leftMs -= tookMs;
  }

  #arm(): void {
    const { clock, sparesBlocking } = this.#options;
    this.#timer?.stop();
    if (this.#stopped) return;
    const ms = this.#leftMs + (sparesBlocking && this.#blocking > 0 ? this.#allowedMs : 0);
    if (ms === Infinity) return;
    this.#timer = new FairTimer(clock, Math.min(ms, maxTimerMs), () => this.#ring());
  }

  #ring(): void {
    this.#look();
    if (this.#leftMs > 0) this.#arm();
    else this.#options.over(this.#unanswered);
  }

  /** One that still blocks within its own time keeps the others behind it: the server is not to blame. */
  get #unanswered(): number {
    return this.#blocking > 0 && this.#allowedMs > 0 ? 0 : this.#unread.length;
  }
}

/** How long a command itself says that it may wait, in milliseconds, 0 for ever; undefined where it does not block. */
function blockingMs(command: Sent): number | undefined {
  const name = command.name.toLowerCase();
  if (name === "wait" || name === "waitaof") {
    const ms = Number(command.args.at(-1));
    return ms >= 0 ? ms : undefined;
  }
  return command.extractBlockingTimeout() ?? undefined;
}
