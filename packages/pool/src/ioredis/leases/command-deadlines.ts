import type { Clock } from "@fleet/time";
import type { Command } from "ioredis";

import { FairTimer } from "../../fair-timer.ts";

/**
 * Bounds what a leased connection may take for each command, counted from when all before it are answered. Only the
 * oldest has to be watched: replies come in order.
 */
export class CommandDeadlines {
  readonly #clock: Clock;
  readonly #overdue: (command: Command, waitedMs: number) => void;
  /** In the order they were sent; how long each may take as the oldest. */
  readonly #pending = new Map<Command, number>();
  /** Since when the oldest is the oldest. */
  #since = 0;
  #timer: FairTimer | undefined;

  constructor(clock: Clock, overdue: (command: Command, waitedMs: number) => void) {
    this.#clock = clock;
    this.#overdue = overdue;
  }

  watch(command: Command, allowedMs: number): void {
    if (this.#pending.size === 0) this.#since = this.#clock.now();
    this.#pending.set(command, allowedMs);
    // Not through its promise: a handler there would hide a rejection that its caller forgot to handle.
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      this.#ended(command);
      resolve(reply);
    };
    command.reject = (error) => {
      this.#ended(command);
      reject(error);
    };
    this.#arm();
  }

  /** Stops watching, and answers the commands that wait for a reply, oldest first. */
  clear(): readonly Command[] {
    const all = [...this.#pending.keys()];
    this.#pending.clear();
    this.#disarm();
    return all;
  }

  #ended(command: Command): void {
    if (!this.#pending.delete(command)) return;
    this.#since = this.#clock.now();
    if (this.#pending.size === 0) this.#disarm();
    else this.#arm();
  }

  /** One timer, which looks again when it finds that the oldest has been another one meanwhile. */
  #arm(): void {
    const [allowedMs] = this.#pending.values();
    if (this.#timer !== undefined || allowedMs === undefined || allowedMs === Infinity) return;
    const restMs = this.#since + allowedMs - this.#clock.now();
    this.#timer = new FairTimer(this.#clock, Math.min(restMs, 2_147_483_647), () => this.#look());
    this.#timer.unref();
  }

  #disarm(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    const [command, allowedMs] = oldest;
    const waitedMs = this.#clock.now() - this.#since;
    if (waitedMs >= allowedMs) this.#overdue(command, waitedMs);
    else this.#arm();
  }
}
