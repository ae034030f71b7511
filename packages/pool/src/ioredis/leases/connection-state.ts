import type { Clock } from "@fleet/time";
import type { Command, Redis } from "ioredis";

import { CommandTimeoutError, ConnectionError } from "../../errors.ts";
import type { Loan } from "../../exclusive/lease.ts";
import { type Rule, ruleOf } from "../commands/command-rules.ts";
import { destroy } from "../connection/dial.ts";
import { CommandDeadlines } from "./command-deadlines.ts";
import { lendRedis } from "./loan.ts";
import { answersInPlace } from "./proof.ts";

export interface LeasedSettings {
  readonly name: string;
  /** What a command on a lease may take, its own time of blocking not counted. */
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
}

type Listeners = ReadonlyMap<string | symbol, readonly unknown[]>;

/** Records what the commands of a borrower do to one ioredis connection of an exclusive lane, and undoes it. */
export class ConnectionState {
  readonly #redis: Redis;
  readonly #settings: LeasedSettings;
  readonly #listeners: Listeners;
  readonly #streamListeners: Listeners;
  readonly #deadlines: CommandDeadlines;
  /** The deadline the lease was asked for with: a caller that gives its work longer gives it to the commands, too. */
  #deadline = 0;
  #used = false;
  #inTransaction = false;
  #watches = false;
  #selected = false;
  #spoilt = false;
  #ended = false;

  constructor(redis: Redis, settings: LeasedSettings) {
    this.#redis = redis;
    this.#settings = settings;
    this.#listeners = listenersOf(redis);
    this.#streamListeners = listenersOf(redis.stream);
    this.#deadlines = new CommandDeadlines(settings.clock, (command, waitedMs) =>
      this.#end(new CommandTimeoutError(settings.name, "unknown", waitedMs), command),
    );
    const send = redis.sendCommand.bind(redis);
    // Every way to send a command ends here, pipelines included; ioredis itself replaces it while it monitors.
    redis.sendCommand = (command, stream) => {
      // What this package asks by itself has no promise, and its own time limits.
      if (command.promise === undefined) return send(command, stream);
      if (this.#ended) {
        command.reject(new ConnectionError(settings.name, "lost", "the connection was given up", "not-sent"));
        return command.promise;
      }
      this.#take(command);
      return send(command, stream);
    };
  }

  lend(deadline: number | undefined): Loan<Redis> {
    this.#deadline = deadline ?? 0;
    return lendRedis(this.#redis, this.#settings.name);
  }

  /** Ends the connection; what waits for a reply fails with `why`. */
  end(why: Error): void {
    this.#end(why, undefined);
  }

  /** Whether it still works, and owes nothing. */
  test(): Promise<boolean> {
    return answersInPlace(this.#redis);
  }

  /**
   * Makes the connection as good as new, and lets it prove that; false where that cannot be. RESET is no way: after it
   * ioredis believes in a state that the server has left.
   */
  async clean(): Promise<boolean> {
    const redis = this.#redis;
    if (this.#spoilt || this.#ended || redis.status !== "ready" || !redis.stream.writable) return false;
    // A reply that is still due would answer a command of the next borrower.
    if (redis.commandQueue.length > 0) return false;
    this.#removeListeners();
    if (!same(this.#listeners, listenersOf(redis))) return false;
    if (!same(this.#streamListeners, listenersOf(redis.stream))) return false;
    if (!this.#used) return true;
    const undo: Promise<unknown>[] = [];
    if (this.#inTransaction) undo.push(redis.discard().catch(unlessNone));
    // Also after EXEC and DISCARD: where these failed, WATCH is left standing.
    if (this.#watches) undo.push(redis.unwatch());
    if (this.#selected) undo.push(redis.select(0));
    // A transaction that is still open would queue this PING, and a reply too many would be taken for its answer.
    const proved = answersInPlace(redis);
    await Promise.all(undo);
    if (!(await proved)) return false;
    this.#used = this.#inTransaction = this.#watches = this.#selected = false;
    return true;
  }

  #take(command: Command): void {
    const name = command.name.toUpperCase();
    const rule = ruleOf(name, command.args);
    this.#note(name, rule);
    const { commandTimeoutMs, clock } = this.#settings;
    const allowedMs = Math.max(commandTimeoutMs, this.#deadline - clock.now());
    this.#deadlines.watch(command, allowedMs + (rule?.waitMs ?? 0));
  }

  #note(name: string, rule: Rule | undefined): void {
    this.#used = true;
    if (name === "MULTI") this.#inTransaction = true;
    else if (name === "EXEC" || name === "DISCARD") this.#inTransaction = false;
    else if (name === "WATCH") this.#watches = true;
    else if (name === "SELECT") this.#selected = true;
    else this.#spoilt ||= rule?.effect === "spoils";
  }

  /** @param first the command that got no reply, rejected with `why`; all others are rejected as lost with the connection. */
  #end(why: Error, first: Command | undefined): void {
    this.#ended = true;
    for (const command of this.#deadlines.clear()) {
      const behind = first !== undefined && command !== first;
      command.reject(
        behind
          ? new ConnectionError(this.#settings.name, "lost", "a command before it got no reply", "unknown")
          : why,
      );
    }
    destroy(this.#redis);
  }

  #removeListeners(): void {
    for (const event of this.#redis.eventNames()) {
      const ours = this.#listeners.get(event) ?? [];
      for (const listener of this.#redis.rawListeners(event)) {
        if (!ours.includes(listener)) this.#redis.off(event, listener as () => void);
      }
    }
  }
}

interface Emitter {
  eventNames(): readonly (string | symbol)[];
  rawListeners(event: string | symbol): readonly unknown[];
}

function listenersOf(emitter: Emitter): Listeners {
  return new Map(emitter.eventNames().map((event) => [event, emitter.rawListeners(event)]));
}

function same(before: Listeners, now: Listeners): boolean {
  return (
    before.size === now.size &&
    [...before].every(([event, listeners]) => {
      const others = now.get(event);
      return others?.length === listeners.length && listeners.every((one, at) => one === others[at]);
    })
  );
}

function unlessNone(error: Error): void {
  if (!error.message.includes("without MULTI")) throw error;
}
