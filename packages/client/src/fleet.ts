import type { Instance } from "@fleet/discovery";
import {
  type Access,
  type Command,
  ForeignKeyError,
  Namespace,
  type Reply,
  type ScopedCommand,
} from "@fleet/isolation";
import { printed } from "@fleet/options";
import { UnknownTargetError } from "@fleet/router";
import type { Redis } from "ioredis";

import { type BatchReply, onlyValue, ScopedBatch } from "./batch/batch.ts";
import { commandChannel, publishCall } from "./channels.ts";
import { Declarations } from "./declarations.ts";
import { dialAll, type DialResult } from "./endpoints/dial-all.ts";
import { statsOf } from "./endpoints/stats-of.ts";
import { FleetClosedError, interrupted, InvalidOptionError, StartingError } from "./errors.ts";
import type { FleetParts } from "./fleet-parts.ts";
import type { FleetStats } from "./fleet-stats.ts";
import type { AllTerms } from "./overrides.ts";
import { UnderWay } from "./under-way.ts";
import { asUser, isRepaired } from "./users/as-user.ts";
import type { Connections } from "./users/project-lanes.ts";
import {
  type BatchOptions,
  type CallOptions,
  checkBatch,
  checkCommand,
  checkRun,
  checkSelector,
  checkSignal,
  type CommandOptions,
  type RunTarget,
  type Selector,
} from "./walk/call-options.ts";
import { Call } from "./walk/call.ts";
import { LargeReplies } from "./walk/large-replies.ts";
import { leased } from "./walk/leased.ts";
import { atCaller, restoredError } from "./walk/restored-error.ts";
import { restoredReply } from "./walk/restored-reply.ts";
import type { Walk } from "./walk/walk.ts";

const dedicated = Namespace.dedicated();
const none: CommandOptions = {};

/** Many Redis behind one object. Made by `createFleet()`. */
export class Fleet implements AsyncDisposable {
  readonly #parts: FleetParts;
  readonly #walk: Walk;
  readonly #large: LargeReplies;
  readonly #declarations: Declarations;
  readonly #timeoutMs: number;
  /** Undefined where all instances have the same. */
  readonly #ownTerms: AllTerms | undefined;
  readonly #hasUsers: boolean;
  readonly #changes: Disposable;
  readonly #underWay = new UnderWay();
  #closed: Promise<void> | undefined;

  /** @internal `createFleet()` calls it. */
  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.#walk = parts.walk;
    this.#large = new LargeReplies({ now: () => parts.walk.clock.glance() });
    this.#declarations = new Declarations({
      now: () => parts.walk.clock.glance(),
      ask: (selector, names) => this.command(selector, ["COMMAND", "INFO", ...names]),
    });
    this.#timeoutMs = parts.terms.of(undefined).timeoutMs;
    this.#ownTerms = parts.terms.own.size > 0 ? parts.terms : undefined;
    this.#hasUsers = parts.acl !== undefined;
    parts.targets.apply(parts.discovery.instances);
    this.#changes = parts.discovery.subscribe((change) => parts.targets.note(change));
  }

  /**
   * Sends one command to an endpoint that may answer it, and answers what it replied.
   *
   * A read that fails is tried again elsewhere. A write is tried again only when it provably never left; an error with
   * `outcome: "unknown"` says that it may have been executed.
   */
  async command(selector: Selector, command: Command, options: CommandOptions = none): Promise<Reply> {
    checkSelector(selector);
    if (options !== none) checkCommand(options);
    let scoped: ScopedCommand;
    try {
      scoped = (options.namespace ?? dedicated).scope(command);
    } catch (error) {
      const namespace = await this.#declarations.widened(selector, options, [command], error);
      if (namespace === undefined) throw error;
      return this.command(selector, command, { ...options, namespace });
    }
    if (scoped.program !== undefined) return onlyValue(await this.batch(selector, [command], options));
    const call = this.#begin(selector, scoped.access, options);
    if (this.#hasUsers && scoped.as !== "fleet") asUser(call, options.namespace, [scoped.command]);
    const project = options.namespace?.project;
    let reply: Reply;
    try {
      const lane = this.#large.laneOf(scoped, project);
      if (lane === "bulk") call.isHeavy = true;
      reply = await this.#walk.begin(call).lane(lane).send(scoped.command, call);
      this.#walk.end(call);
    } catch (error) {
      reply = await this.#commandAgain(call, scoped, options.namespace, command, error);
    }
    this.#end(call, command[0]);
    this.#large.note(reply, command[0], project);
    try {
      return restoredReply(scoped, reply, call.encoding);
    } catch (error) {
      throw this.#distrusted(call, error);
    }
  }

  /**
   * Sends commands together, to one endpoint and in one write. Each has its slot in the answer; a refused one has its refusal there, and
   * the others run. With `atomic` they are one transaction: a refusal of any of them rejects them all.
   */
  async batch(
    selector: Selector,
    commands: readonly Command[],
    options: BatchOptions = none,
  ): Promise<readonly BatchReply[]> {
    checkSelector(selector);
    if (!Array.isArray(commands))
      throw new InvalidOptionError("commands", "a list of commands", printed(commands));
    if (options !== none) checkBatch(options);
    const atomic = options.atomic === true;
    const batch = ScopedBatch.of(options.namespace ?? dedicated, commands, options, this.#large);
    const refusal = batch instanceof ScopedBatch ? batch.unknown : batch.refusal;
    if (refusal !== undefined) {
      const namespace = await this.#declarations.widened(selector, options, commands, refusal);
      if (namespace !== undefined) return this.batch(selector, commands, { ...options, namespace });
    }
    if (!(batch instanceof ScopedBatch)) throw batch.refusal;
    // Nothing left to send: the answer is all refusals.
    if (batch.commands.length === 0) return batch.collect([]);
    const call = this.#begin(selector, batch.access, options);
    if (atomic) call.atomic = true;
    if (batch.lane === "bulk") call.isHeavy = true;
    if (this.#hasUsers) asUser(call, options.namespace, batch.commands);
    const name = atomic ? "MULTI" : "PIPELINE";
    let replies: readonly BatchReply[];
    try {
      replies = await this.#walk.through(call, (pool) => batch.send(pool, call, this.#parts.clock));
    } catch (error) {
      batch.noteFailed(error);
      throw atCaller(this.#failed(call, name, options.namespace, interrupted(call, error), commands));
    }
    this.#end(call, name);
    return batch.collect(replies, {
      distrusted: (error) => void this.#distrusted(call, error),
      refused: (error) => this.#walk.refused(call, error),
    });
  }

  /**
   * Runs work on a connection of its own: WATCH, blocking reads, all that a shared connection cannot do. It is the raw
   * connection, outside of any namespace. It goes back when the work ends; once the work has begun it is not tried again.
   *
   * When the work does not end first, the connection is destroyed and the promise rejects: when the time is up (`DeadlineError`; the
   * fleet's default time leaves out what blocking commands are given by their own timeouts, a `timeoutMs` of this call does not), with
   * the signal's reason, when the fleet's grace is over (`FleetClosedError`), when the connection ends (`ConnectionError`).
   */
  async run<T>(target: RunTarget, work: (redis: Redis) => Promise<T>): Promise<T> {
    checkRun(target);
    if (typeof work !== "function") throw new InvalidOptionError("work", "a function", printed(work));
    const call = this.#begin(target, target.access ?? "write", target);
    const { clock, closing } = this.#parts;
    const terms = { clock, closing: closing.signal, sparesBlocking: target.timeoutMs === undefined };
    let value: T;
    try {
      value = await this.#walk.through(call, (pool) => leased(pool, call, terms, work));
    } catch (error) {
      throw this.#failed(call, "RUN", undefined, error);
    }
    this.#end(call, "RUN");
    return value;
  }

  /**
   * Resolves when the sources have handed over their first instances, or have failed and one has delivered. Where `createFleet()` has
   * waited for that it is resolved.
   *
   * @throws what `createFleet()` throws where it waits.
   */
  get started(): Promise<void> {
    return this.#parts.started;
  }

  /** What discovery knows now, by name. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#parts.discovery.instances;
  }

  /**
   * Dials every endpoint once that is not connected, but for instances in maintenance, to find out which can be: the fleet itself
   * dials one when a call needs it. Answers how each went; what was opened stays open.
   *
   * @throws FleetClosedError; the signal's reason.
   */
  async dial(options: Pick<CallOptions, "signal"> = none): Promise<readonly DialResult[]> {
    checkSignal(options);
    const { signal } = options;
    if (this.#closed !== undefined) throw new FleetClosedError();
    signal?.throwIfAborted();
    return dialAll(this.#parts.targets.all, signal);
  }

  /** A fresh copy. */
  get stats(): FleetStats {
    return statsOf(this.#parts.discovery, this.#parts.targets);
  }

  /** Takes no new calls, lets those under way finish until `graceMs`, then closes pools and sources. Twice is once. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(selector: Selector, access: Access, options: BatchOptions): Call {
    if (this.#closed !== undefined) throw new FleetClosedError();
    const { timeoutMs, signal, encoding, maxReplyBytes, maxRepliesBytes } = options;
    const walk = this.#walk;
    const startedAt = timeoutMs === undefined ? walk.clock.glance() : walk.clock.read();
    const usualMs = this.#ownTerms?.of(selector.instance).timeoutMs ?? this.#timeoutMs;
    const call = new Call(selector, access, startedAt, timeoutMs ?? usualMs, signal, encoding);
    if (maxReplyBytes !== undefined) call.maxReplyBytes = maxReplyBytes;
    if (maxRepliesBytes !== undefined) call.maxRepliesBytes = maxRepliesBytes;
    // The lane of an instance counts with the time of that instance, which a call to a group need not have.
    const isGroup = this.#ownTerms !== undefined && selector.instance === undefined;
    if (timeoutMs !== undefined || isGroup) call.deadline = call.giveUpAt;
    this.#underWay.begin();
    return call;
  }

  /** Apart from command(): a closure over its variables would move them to the heap for every command. */
  async #commandAgain(
    call: Call,
    scoped: ScopedCommand,
    namespace: Namespace | undefined,
    given: Command,
    failure: unknown,
  ): Promise<Reply> {
    const { command } = scoped;
    call.command = command[0];
    const lane = this.#large.laneOf(scoped, namespace?.project);
    const attempt = (pool: Connections): Promise<Reply> => pool.lane(lane).send(command, call);
    try {
      if (!(await isRepaired(call, failure, this.#parts.clock)))
        return await this.#walk.again(call, failure, attempt);
      // A refusal is an answer.
      this.#walk.end(call);
      return await this.#walk.through(call, attempt);
    } catch (error) {
      this.#large.noteFailed(error, command[0], namespace?.project);
      throw atCaller(this.#failed(call, command[0], namespace, error, [given]));
    }
  }

  /** A reply that names foreign keys answers another request: whatever else is on its way on that connection is suspect too. */
  #distrusted(call: Call, error: unknown): unknown {
    if (error instanceof ForeignKeyError && call.target !== undefined)
      this.#parts.targets.discard(call.target);
    return error;
  }

  #failed(
    call: Call,
    name: string,
    namespace: Namespace | undefined,
    error: unknown,
    commands: readonly Command[] = [],
  ): unknown {
    const isEarly = error instanceof UnknownTargetError && !this.#parts.discovery.isComplete;
    const failure = isEarly ? new StartingError(error) : error;
    this.#end(call, name, { error: failure });
    return namespace === undefined ? failure : restoredError(namespace, failure, ...commands);
  }

  #end(call: Call, name: string, failure?: { readonly error: unknown }): void {
    this.#underWay.end();
    if (commandChannel.hasSubscribers) publishCall(call, name, this.#walk.clock.glance(), failure);
  }

  async #close(): Promise<void> {
    const { discovery, targets, clock, graceMs, closing } = this.#parts;
    this.#changes[Symbol.dispose]();
    await this.#underWay.ended(clock, graceMs);
    closing.abort(new FleetClosedError());
    await Promise.all([targets.close(), discovery.close()]);
  }
}
