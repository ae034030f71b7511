import type { Clock } from "@fleet/time";
import type { Command as IoredisCommand, Redis } from "ioredis";

import { CommandTimeoutError, ConnectionError, PoolExhaustedError } from "../../../errors.ts";
import { type Join, joinOf } from "../../commands/joined-writes.ts";
import type { RawReply } from "../../commands/reply.ts";
import type { Sender, WireCommand } from "../../commands/wire-command.ts";
import { CommandList } from "./command-list.ts";
import { Fence } from "./fence.ts";
import { Sweep, sweepMs } from "./sweep.ts";

/** While anything is in flight, a fence is sent at least once a second: a sweep is late by at most its own step. */
const fenceMs = 1000 - sweepMs;

export interface InFlightSettings {
  readonly name: string;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
  /** The connection cannot be trusted or awaited any longer. */
  readonly broken: (why: string) => void;
}

/**
 * Every command of a shared connection that was accepted and whose reply has not come, in two lists: those that wait
 * for the connection, and those in ioredis' queue. A command whose caller has left stays in the second and is counted
 * until its reply came, since that is how long the server and the queue have it.
 */
export class InFlight implements Sender {
  readonly waiting: CommandList = new CommandList();
  readonly written: CommandList = new CommandList();
  bytes = 0;
  timeouts = 0;
  replies = 0;
  latencySumMs = 0;
  latencyMaxMs = 0;
  /** What the errors of the commands on a dying connection say. */
  loss: { detail: string; cause: Error | undefined } = { detail: "connection lost", cause: undefined };
  readonly #settings: InFlightSettings;
  readonly #clock: Clock;
  #redis: Redis | undefined;
  #join: Join | undefined;
  /** When bytes last came in. */
  #readAt = 0;
  /** How many callers still wait. */
  #owed = 0;
  #drained: (() => void)[] = [];
  readonly #sweep: Sweep;
  #nextDeadline = Infinity;
  /** The last one sent whose word may still come. */
  #fence: Fence | undefined;
  #fencedAt = 0;

  constructor(settings: InFlightSettings) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#sweep = new Sweep({
      clock: settings.clock,
      look: (now) => this.#look(now),
      giveUp: (now) => {
        if (now >= this.#nextDeadline) this.#expire(now);
        this.#lookForStall(now);
      },
    });
  }

  get size(): number {
    return this.waiting.size + this.written.size;
  }

  /** Why `count` more commands of `bytes` cannot be taken. Bytes may be exceeded by a command that comes alone. */
  refusal(count: number, bytes: number): PoolExhaustedError | undefined {
    const { maxInFlight, maxInFlightBytes, name } = this.#settings;
    const size = this.waiting.size + this.written.size;
    const full = size + count > maxInFlight;
    if (!full && (size === 0 || this.bytes + bytes <= maxInFlightBytes)) return undefined;
    return new PoolExhaustedError(
      name,
      full ? `maxInFlight ${maxInFlight}` : `maxInFlightBytes ${maxInFlightBytes}`,
      {
        inFlight: size,
        bytesInFlight: this.bytes,
        unanswered: this.#owed,
      },
    );
  }

  /** Takes a command: on its way at once where there is a connection, else as soon as there is one. */
  add(command: WireCommand): void {
    // A command of a batch that has failed already.
    if (command.settled) return;
    command.accepted = true;
    this.bytes += command.payload.length;
    this.#owed += 1;
    if (command.deadline < this.#nextDeadline) this.#nextDeadline = command.deadline;
    if (!this.#sweep.isOn) this.#sweep.begin();
    if (this.#redis === undefined) this.waiting.push(command);
    else this.#write(command, this.#redis, this.#join!);
  }

  /** From now on commands go here, those that wait first. */
  open(redis: Redis): void {
    this.#redis = redis;
    this.#join = joinOf(redis.stream);
    this.#readAt = this.#fencedAt = this.#clock.now();
    this.loss = { detail: "connection lost", cause: undefined };
    // Before ioredis' own listener, so that the replies of a chunk find its time.
    redis.stream.prependListener("data", () => {
      this.#readAt = this.#clock.now();
    });
    for (let command = this.waiting.head; command !== undefined; command = this.waiting.head) {
      this.waiting.remove(command);
      this.#write(command, redis, this.#join);
    }
  }

  /** From now on commands wait. */
  close(): void {
    this.#redis = undefined;
    this.#join = undefined;
    this.#fence = undefined;
  }

  /** Resolves once a PING came back in its own place, sent at once or with the next connection. */
  prove(now: number, deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fence = new Fence(this, now, deadline, (error) =>
        error === undefined ? resolve() : reject(error),
      );
      this.#fence = fence;
      this.add(fence.command);
    });
  }

  /** Rejects every written command at once: a reply that still comes may answer any of them. */
  distrust(why: string): void {
    this.loss.detail = why;
    for (let command = this.written.head; command !== undefined; command = command.next)
      command.fail(this.lost(command));
    this.#settings.broken(why);
  }

  /** Gives all that waits this error. */
  refuseWaiting(error: unknown): void {
    for (let command = this.waiting.head; command !== undefined; command = this.waiting.head)
      command.fail(error);
  }

  /** Resolves when no caller waits any more. */
  drained(): Promise<void> {
    return this.#owed === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#drained.push(resolve);
        });
  }

  stop(): void {
    this.#sweep.stop();
  }

  answered(command: WireCommand, reply?: RawReply): void {
    const fence = this.#fence;
    if (fence !== undefined) {
      if (fence.isBrokenBy(command, reply)) this.distrust("replies and commands no longer match");
      // A fence whose word came back is not looked for any more.
      if (command === fence.command && reply !== undefined) this.#fence = undefined;
    }
    this.written.remove(command);
    this.bytes -= command.payload.length;
    this.replies += 1;
    const tookMs = this.#readAt - command.startedAt;
    if (tookMs > 0) {
      this.latencySumMs += tookMs;
      if (tookMs > this.latencyMaxMs) this.latencyMaxMs = tookMs;
    }
  }

  settled(command: WireCommand): void {
    this.#owed -= 1;
    if (command.join === undefined) {
      this.waiting.remove(command);
      this.bytes -= command.payload.length;
    }
    if (this.#owed === 0 && this.#drained.length > 0)
      for (const resolve of this.#drained.splice(0)) resolve();
  }

  lost(command: WireCommand): Error {
    const { join, write } = command;
    const left = join !== undefined && write > 0 && write <= join.flushed;
    return new ConnectionError(
      this.#settings.name,
      "lost",
      this.loss.detail,
      left ? "unknown" : "not-sent",
      this.loss.cause,
    );
  }

  #write(command: WireCommand, redis: Redis, join: Join): void {
    command.join = join;
    this.written.push(command);
    redis.sendCommand(command as unknown as IoredisCommand);
  }

  #look(now: number): "nothing" | "pending" | "overdue" {
    if (this.size === 0) {
      this.#nextDeadline = Infinity;
      return "nothing";
    }
    if (now - this.#fencedAt >= fenceMs && this.written.size > 0) this.#raiseFence(now);
    return now >= this.#nextDeadline || this.#isSilent(now) ? "overdue" : "pending";
  }

  /** Whether nothing has come for too long although something is due. */
  #isSilent(now: number): boolean {
    const oldest = this.written.head;
    if (oldest === undefined) return false;
    return now - Math.max(this.#readAt, oldest.startedAt) >= this.#settings.stallTimeoutMs;
  }

  #lookForStall(now: number): void {
    const { stallTimeoutMs, broken } = this.#settings;
    const oldest = this.written.head;
    if (oldest === undefined || !this.#isSilent(now)) return;
    // A caller that still waits for the oldest command may have given a script that long.
    const asked = oldest === this.#fence?.command ? oldest.next : oldest;
    if (asked === undefined || asked.settled) broken(`nothing received for ${stallTimeoutMs} ms`);
  }

  #expire(now: number): void {
    this.#nextDeadline = Infinity;
    // Two steps: with one command of a batch all others of it leave the lists.
    const expired: WireCommand[] = [];
    for (const { head } of [this.waiting, this.written]) {
      for (let command = head; command !== undefined; command = command.next) {
        if (command.settled) continue;
        if (command.deadline <= now) expired.push(command);
        else if (command.deadline < this.#nextDeadline) this.#nextDeadline = command.deadline;
      }
    }
    let late = false;
    for (const command of expired) {
      if (command.settled) continue;
      this.timeouts += 1;
      const written = command.join !== undefined;
      late ||= written;
      const outcome = written ? "unknown" : "not-sent";
      command.fail(new CommandTimeoutError(this.#settings.name, outcome, now - command.startedAt));
    }
    // Late replies come in order; that none was lost has to be shown.
    if (late) this.#raiseFence(now);
  }

  /** Sends a fence, unless one is on its way. Fences do not count against the caps, and no caller waits for them. */
  #raiseFence(now: number): void {
    if (this.#redis === undefined || this.#join === undefined || this.#fence?.isOver === false) return;
    this.#fencedAt = now;
    this.#fence = new Fence(this, now, Infinity, () => undefined);
    this.bytes += this.#fence.command.payload.length;
    this.#write(this.#fence.command, this.#redis, this.#join);
  }
}
