import type { Clock } from "@fleet/time";
import type { Redis } from "ioredis";

import {
  CommandTimeoutError,
  ConnectionError,
  PoolExhaustedError,
  ReplyTooLargeError,
} from "../../../errors.ts";
import { type Join, joinOf } from "../../commands/joined-writes.ts";
import type { Sender, WireCommand } from "../../commands/wire-command.ts";
import { type BoundsSettings, type Load, passedOver, refusalOf } from "./bounds.ts";
import { CommandList } from "./command-list.ts";
import { Fence } from "./fence.ts";
import { wordsOf } from "./lane-limits.ts";
import { Latency } from "./latency.ts";
import { overdueOf } from "./overdue.ts";
import { Owed } from "./owed.ts";
import { Reading } from "./reading.ts";
import { Sweep, sweepMs } from "./sweep.ts";

/** While anything is in flight, a fence is sent at least once a second: a sweep is late by at most its own step. */
const fenceMs = 1000 - sweepMs;

export interface InFlightSettings extends BoundsSettings {
  readonly stallTimeoutMs: number;
  readonly maxSkippedBytes: number;
  readonly clock: Clock;
  /** The connection cannot be trusted or awaited any longer. */
  readonly broken: (why: string) => void;
}

/**
 * Every command of a shared connection that was accepted and whose reply has not come, in two lists: those that wait for the connection
 * or their turn, and those that were written. One whose caller has left stays in the second, as the server has it, until its reply came.
 */
export class InFlight implements Sender {
  readonly waiting: CommandList = new CommandList();
  readonly written: CommandList = new CommandList();
  bytes = 0;
  timeouts = 0;
  readonly latency: Latency = new Latency();
  /** What the errors of the commands on a dying connection say. */
  loss: { detail: string; cause: Error | undefined } = { detail: "connection lost", cause: undefined };
  readonly #settings: InFlightSettings;
  readonly #clock: Clock;
  #redis: Redis | undefined;
  #join: Join | undefined;
  #reading: Reading | undefined;
  readonly #owed = new Owed();
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

  /** Why `count` more commands of `bytes` cannot be taken. */
  refusal(count: number, bytes: number): PoolExhaustedError | undefined {
    return refusalOf(this.#settings, this.#load, count, bytes);
  }

  get #load(): Load {
    return { size: this.size, bytes: this.bytes, unanswered: this.#owed.count };
  }

  /** Takes a command: on its way at once where there is a connection, else as soon as there is one. */
  add(command: WireCommand): void {
    // A command of a batch that has failed already.
    if (command.settled) return;
    command.accepted = true;
    this.bytes += command.payload.length;
    this.#owed.count += 1;
    if (command.deadline < this.#nextDeadline) this.#nextDeadline = command.deadline;
    if (!this.#sweep.isOn) this.#sweep.begin();
    if (this.#redis !== undefined && this.waiting.head === undefined && this.#mayWrite(command))
      this.#write(command, this.#redis, this.#join!);
    else this.waiting.push(command);
  }

  /** From now on commands go here, those that wait first. */
  open(redis: Redis): void {
    this.#redis = redis;
    this.#join = joinOf(redis.stream);
    this.#fencedAt = this.#clock.now();
    this.loss = { detail: "connection lost", cause: undefined };
    const reading = new Reading(redis, {
      ...this.#settings,
      due: () => this.written.head,
      took: (command, bytes, start, end) => this.#answered(command, bytes, start, end),
      exceeded: (command, limit) => command.fail(this.tooLarge(command, wordsOf(command.limits, limit))),
      fence: () => this.#fence,
      distrust: (why) => this.distrust(why),
      closed: () => {
        if (this.#reading === reading) this.close();
      },
    });
    this.#reading = reading;
    this.#advance();
  }

  /** From now on commands wait; those that were written will get no reply. */
  close(): void {
    this.#reading?.stop();
    this.#redis = undefined;
    this.#join = undefined;
    this.#reading = undefined;
    this.#fence = undefined;
    for (let command = this.written.head; command !== undefined; command = this.written.head) {
      this.#drop(command);
      command.fail(this.lost(command));
    }
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
    return this.#owed.drained();
  }

  stop(): void {
    this.#sweep.stop();
  }

  settled(command: WireCommand): void {
    if (command.join === undefined) {
      this.waiting.remove(command);
      this.bytes -= command.payload.length;
    }
    this.#owed.settle();
  }

  lost(command: WireCommand): Error {
    return new ConnectionError(
      this.#settings.name,
      "lost",
      this.loss.detail,
      command.hasLeft ? "unknown" : "not-sent",
      this.loss.cause,
    );
  }

  tooLarge(command: WireCommand, limit: string): ReplyTooLargeError {
    return new ReplyTooLargeError(this.#settings.name, command.verb, limit);
  }

  #write(command: WireCommand, redis: Redis, join: Join): void {
    const { stream } = redis;
    command.join = join;
    // The other side has ended it, and its "close" is on its way.
    if (!stream.writable) {
      this.bytes -= command.payload.length;
      command.fail(this.lost(command));
      return;
    }
    this.written.push(command);
    command.write = join.writes + 1;
    stream.write(command.payload);
  }

  #mayWrite(command: WireCommand): boolean {
    return command.isTied || this.written.size < this.#settings.maxUnanswered;
  }

  /** Writes those that wait, first come, as far as there is room. */
  #advance(): void {
    for (let { head } = this.waiting; head !== undefined && this.#mayWrite(head); { head } = this.waiting) {
      if (this.#redis === undefined) return;
      this.waiting.remove(head);
      this.#write(head, this.#redis, this.#join!);
    }
  }

  #answered(command: WireCommand, bytes: Buffer | undefined, start: number, end: number): void {
    const fence = this.#fence;
    if (fence !== undefined) {
      if (fence.isBrokenBy(command, bytes, start, end))
        return this.distrust("replies and commands no longer match");
      // A fence whose word came back is not looked for any more.
      if (fence.isBack) this.#fence = undefined;
    }
    this.#drop(command);
    this.latency.add(this.#reading!.at - command.startedAt);
    if (this.waiting.head !== undefined) this.#advance();
    if (bytes === undefined) return undefined;
    const { budget } = command.limits;
    if (budget !== undefined && !command.settled) budget.leftBytes -= end - start;
    return command.answer(bytes, start, end);
  }

  /** It is not on its way any more. */
  #drop(command: WireCommand): void {
    this.written.remove(command);
    this.bytes -= command.payload.length;
  }

  #look(now: number): "nothing" | "pending" | "overdue" {
    if (this.size === 0) {
      this.#nextDeadline = Infinity;
      return "nothing";
    }
    if (now - this.#fencedAt >= fenceMs && this.written.size > 0) this.#raiseFence(now);
    return now >= this.#nextDeadline || this.#isSilent(now) || this.#isEndless(now) ? "overdue" : "pending";
  }

  #isEndless(now: number): boolean {
    return this.#reading?.isEndless(now, this.#settings.stallTimeoutMs) === true;
  }

  /** Whether nothing has come for too long although something is due. */
  #isSilent(now: number): boolean {
    const oldest = this.written.head;
    if (oldest === undefined) return false;
    return now - Math.max(this.#reading?.at ?? 0, oldest.startedAt) >= this.#settings.stallTimeoutMs;
  }

  #lookForStall(now: number): void {
    const { stallTimeoutMs, broken } = this.#settings;
    if (this.#isEndless(now)) return broken(`a reply did not end within ${stallTimeoutMs} ms`);
    const oldest = this.written.head;
    if (oldest === undefined || !this.#isSilent(now)) return undefined;
    // A caller that still waits for the oldest command may have given a script that long.
    const asked = oldest === this.#fence?.command ? oldest.next : oldest;
    return asked === undefined || asked.settled
      ? broken(`nothing received for ${stallTimeoutMs} ms`)
      : undefined;
  }

  #expire(now: number): void {
    // Two steps: with one command of a batch all others of it leave the lists.
    const { commands, nextDeadline } = overdueOf([this.waiting, this.written], now);
    this.#nextDeadline = nextDeadline;
    let late = false;
    for (const command of commands) {
      if (command.settled) continue;
      this.timeouts += 1;
      const written = command.join !== undefined;
      late ||= written;
      const outcome = written ? "unknown" : "not-sent";
      command.fail(
        written || this.#redis === undefined
          ? new CommandTimeoutError(this.#settings.name, outcome, now - command.startedAt)
          : passedOver(this.#settings, this.#load),
      );
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
