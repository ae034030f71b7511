import { randomUUID } from "node:crypto";

import { publish } from "./channels.ts";
import { Bell } from "./engine/bell.ts";
import { HeldChunk, type Settlement } from "./engine/held-chunk.ts";
import { IdleWait } from "./engine/idle-wait.ts";
import { Leases } from "./engine/leases.ts";
import { Pipeline } from "./engine/pipeline.ts";
import { RateMeter } from "./engine/rate-meter.ts";
import { shareOf } from "./engine/share.ts";
import { TokenBucket } from "./engine/token-bucket.ts";
import type { WorkerOptions, WorkerOutcome } from "./engine/worker-options.ts";
import { type WorkerSettings, workerSettingsOf } from "./engine/worker-settings.ts";
import { ClosedError, RedisError } from "./errors.ts";
import { Contact } from "./protocol/contact.ts";
import { type Left, tasksOf } from "./protocol/item.ts";
import { leave } from "./protocol/scripts/leave.ts";
import { type Answer, type Appetite, type ClaimedChunk, Turns } from "./protocol/turns.ts";
import type { WorkerStats } from "./protocol/worker-stats.ts";
import { Link } from "./redis/link.ts";
import type { Run } from "./run.ts";

/** How often a worker that may not claim looks whether it may again: breakers and pressure do not say. */
const lookAgainMs = 200;
const nothing: Appetite = { chunks: 0, suspect: false };

/** Claims, fetches, writes and acknowledges until nothing is left. Made by `backfill.worker(options)`. */
export class Worker implements AsyncDisposable {
  /** Its name in status, channels and Redis. */
  readonly id: string;
  readonly #run: Run;
  readonly #settings: WorkerSettings<unknown>;
  readonly #commands: Link;
  readonly #waits: Link;
  readonly #turns: Turns<Settlement>;
  readonly #leases: Leases;
  readonly #bucket: TokenBucket;
  readonly #pipeline: Pipeline<unknown>;
  readonly #idle: IdleWait;
  readonly #bell: Bell;
  readonly #meter: RateMeter;
  /** Aborted when nothing that is under way matters any more. */
  readonly #ender = new AbortController();
  readonly #fatal = Promise.withResolvers<never>();
  readonly #count = { claimed: 0, fenced: 0, handedBack: 0, done: 0, retried: 0, dead: 0 };
  #state: "idle" | "running" | "paused" | "waiting" | "draining" | "closed" = "idle";
  #working: Promise<WorkerOutcome> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws InvalidOptionError. */
  constructor(run: Run, options: WorkerOptions<unknown>) {
    const settings = workerSettingsOf(options, run.facts);
    const { clock, random, facts, keys } = run;
    this.id = `${settings.label}#${randomUUID().slice(0, 8)}`;
    this.#run = run;
    this.#settings = settings;
    const of = { run: run.name, worker: this.id };
    const { signal } = this.#ender;
    this.#commands = new Link({ ...run, of: { ...of, link: "commands" } });
    this.#waits = new Link({ ...run, of: { ...of, link: "waits" } });
    this.#bell = new Bell(clock);
    this.#meter = new RateMeter(clock);
    this.#fatal.promise.catch(() => "start tells of it");
    const failed = (error: unknown): void => this.#fatal.reject(error);
    const contact = new Contact(this.id, run, this.#commands, settings);
    this.#turns = new Turns<Settlement>(contact, settings);
    this.#leases = new Leases({
      contact,
      clock,
      leaseMs: settings.leaseMs,
      signal,
      report: () => JSON.stringify({ ...this.stats, leaseMs: settings.leaseMs }),
      fenced: (chunk) => this.#fence(chunk),
      failed,
    });
    this.#bucket = new TokenBucket({
      link: this.#commands,
      key: keys.rate,
      rate: settings.limits.requestsPerSecond,
      burst: settings.limits.burst,
      clock,
      signal,
      of,
      failed,
    });
    this.#pipeline = new Pipeline({
      settings,
      bucket: this.#bucket,
      leases: this.#leases,
      clock,
      random,
      signal,
      of,
      settled: (settlement) => this.#tell(settlement),
      roomy: () => this.#bell.ring(),
      failed,
    });
    this.#idle = new IdleWait({
      link: this.#waits,
      facts,
      keys,
      leaseMs: settings.leaseMs,
      clock,
      signal,
      ring: () => this.#bell.ring(),
    });
  }

  get stats(): WorkerStats {
    const { buffer, hub, database, isAlone } = this.#pipeline;
    const { gates } = this.#settings;
    const pressure = this.#pressure();
    return {
      state: isAlone && this.#state === "running" ? "alone" : this.#state,
      held: this.#leases.size,
      buffer,
      hub,
      database,
      gates: { hub: gates.hub?.allows() ?? true, database: gates.database?.allows() ?? true },
      pressure,
      share: shareOf(pressure),
      ...this.#count,
      limited: this.#bucket.postponements,
      idsPerSecond: this.#meter.perSecond,
    };
  }

  /**
   * Works until the run is complete, or until it is closed. While Redis does not answer it waits, however long that takes.
   *
   * @param options aborting `signal` is `close()`.
   * @throws EpochError, RedisError (`FLEET_BACKFILL_REDIS_REFUSED`), ClosedError when it was started or closed before.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<WorkerOutcome> {
    if (this.#closing !== undefined) throw new ClosedError("the worker is closed");
    if (this.#working !== undefined) throw new ClosedError("the worker has been started already");
    signal?.throwIfAborted();
    const stop = (): void => void this.close();
    signal?.addEventListener("abort", stop, { once: true });
    this.#state = "running";
    this.#working = Promise.race([this.#work(), this.#fatal.promise]);
    try {
      return await this.#working;
    } catch (error) {
      if (this.#ender.signal.aborted) return "stopped";
      // Nothing can be told to this Redis any more.
      this.#ender.abort();
      throw error instanceof Error && error.name === "ReplyError"
        ? new RedisError("refused", error.message, error)
        : error;
    } finally {
      signal?.removeEventListener("abort", stop);
      await this.close();
    }
  }

  /**
   * Claims nothing more, lets what is under way finish until `graceMs`, then aborts it and hands all leases back, so that
   * another worker has them at once. Twice is the same promise.
   *
   * @param options `graceMs` defaults to 10000; 0 hands back at once.
   */
  close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #work(): Promise<WorkerOutcome> {
    const { signal } = this.#ender;
    this.#leases.start();
    for (;;) {
      const appetite = this.#appetite();
      const isHungry = appetite.chunks > 0 || appetite.suspect;
      if (this.#turns.pending === 0 && !isHungry) {
        if (this.#closing !== undefined) {
          if (this.#leases.size === 0) return "stopped";
          // They would only wait until the grace is over.
          for (const chunk of this.#pipeline.stalled) if (!chunk.isOver) this.#handBack(chunk);
          if (this.#turns.pending > 0) continue;
        }
        await this.#bell.wait(lookAgainMs);
        signal.throwIfAborted();
        continue;
      }
      const answer = await this.#turn(appetite);
      if (this.#turns.pending > 0) continue;
      const isThrough = answer.state === "complete" || answer.state === "drained";
      if (isThrough && this.#settings.exitOnComplete && this.#closing === undefined) return "complete";
      if (answer.chunks.length === 0 && isHungry) {
        if (this.#leases.size === 0) this.#state = answer.state === "paused" ? "paused" : "waiting";
        await this.#bell.wait(this.#idle.begin(answer, this.#pressure() >= 0.5));
        signal.throwIfAborted();
      }
    }
  }

  async #turn(appetite: Appetite): Promise<Answer> {
    const { clock, name } = this.#run;
    const of = { run: name, worker: this.id };
    const settled = this.#turns.pending;
    publish("turn", () => ({ ...of, phase: "sent", settled, claimed: 0, token: 0 }));
    const sentAt = clock.now();
    const answer = await this.#turns.take(appetite, this.#ender.signal, (settlement, isFenced) =>
      this.#heard(settlement, isFenced),
    );
    const claimed = answer.chunks.length;
    publish("turn", () => ({ ...of, phase: "answered", settled, claimed, token: Number(answer.token) }));
    const { requestsPerSecond } = this.#settings.limits;
    // The rate itself lets everybody wait a little; more than that is a hub that asked for it.
    if (answer.pauseMs > 2000 / requestsPerSecond) this.#bucket.hold(answer.pauseMs);
    for (const [number, token] of answer.overdue)
      if (!this.#leases.has(number, token)) this.#turns.disown(number, token);
    if (claimed > 0) {
      if (this.#closing === undefined) this.#state = "running";
      this.#idle.reset();
      this.#count.claimed += claimed;
      for (const chunk of answer.chunks) this.#begin(chunk, answer.token, sentAt);
    }
    return answer;
  }

  #begin({ number, left, items }: ClaimedChunk, token: string, sentAt: number): void {
    const { facts } = this.#run;
    const rest = (left === undefined ? {} : JSON.parse(left)) as Left;
    const chunk = new HeldChunk({
      number,
      token,
      chunkSize: facts.chunkSize,
      crashes: rest.c ?? 0,
      isSuspect: (rest.c ?? 0) >= this.#settings.patience,
      tasks: tasksOf(facts, number, items, rest),
      startedAt: sentAt,
      validUntil: sentAt + this.#settings.leaseMs,
    });
    this.#leases.add(chunk);
    if (this.#closing === undefined) this.#pipeline.add(chunk);
    else this.#handBack(chunk);
  }

  /** What it may take now. Nothing while a breaker is open: what is claimed then would only wait. */
  #appetite(): Appetite {
    const { gates, limits } = this.#settings;
    if (this.#closing !== undefined || this.#pipeline.isAlone || this.#bucket.pausedMs > 0) return nothing;
    if (gates.hub?.allows() === false || gates.database?.allows() === false) return nothing;
    const { used, limit } = this.#pipeline.buffer;
    const room = Math.floor((limit - used) / this.#run.facts.chunkSize);
    const chunks = Math.min(room, Math.ceil(limits.claim * shareOf(this.#pressure())));
    return chunks > 0 ? { chunks, suspect: true } : nothing;
  }

  #pressure(): number {
    const { used, limit } = this.#pipeline.buffer;
    const outside = this.#settings.pressure();
    return Math.min(1, Math.max(used / limit, Number.isNaN(outside) ? 1 : outside));
  }

  #tell(settlement: Settlement): void {
    this.#turns.tell(settlement);
    this.#bell.ring();
  }

  #heard(settlement: Settlement, isFenced: boolean): void {
    const { chunk, counts, outcome } = settlement;
    settlement.heard?.(isFenced);
    if (outcome === "kept" && isFenced) return this.#fence(chunk);
    if (!isFenced) {
      this.#meter.add(counts.done + counts.dead);
      this.#count.done += counts.done;
      this.#count.retried += counts.retried;
      this.#count.dead += counts.dead;
    }
    if (outcome === "kept") return;
    this.#leases.remove(chunk);
    if (isFenced) this.#count.fenced += 1;
    else if (outcome === "handed-back") this.#count.handedBack += 1;
    this.#publishEnd(chunk, isFenced ? "fenced" : outcome, counts);
  }

  /** It is another worker's: what was done for it does not count, and what is under way ends. */
  #fence(chunk: HeldChunk): void {
    this.#leases.remove(chunk);
    this.#pipeline.leave(chunk);
    chunk.end(new Error("the lease was lost to another worker"));
    this.#count.fenced += 1;
    this.#publishEnd(chunk, "fenced", { done: 0, retried: 0, dead: 0 });
    this.#bell.ring();
  }

  #publishEnd(
    chunk: HeldChunk,
    outcome: "done" | "retry" | "fenced" | "handed-back",
    counts: Settlement["counts"],
  ): void {
    publish("chunk", () => ({
      run: this.#run.name,
      worker: this.id,
      chunk: chunk.number,
      outcome,
      ...counts,
      durationMs: this.#run.clock.now() - chunk.startedAt,
    }));
  }

  #handBack(chunk: HeldChunk): void {
    this.#pipeline.leave(chunk);
    this.#tell(chunk.handBack(new Error("the worker closes")));
  }

  async #close(graceMs: number): Promise<void> {
    const { clock, commandTimeoutMs, keys, epoch } = this.#run;
    if (this.#working !== undefined && !this.#ender.signal.aborted) {
      this.#state = "draining";
      const handBack = (isMeant: (chunk: HeldChunk) => boolean): void => {
        for (const chunk of this.#leases) if (!chunk.isOver && isMeant(chunk)) this.#handBack(chunk);
      };
      handBack((chunk) => graceMs === 0 || !chunk.isStarted);
      this.#bell.ring();
      const grace = clock.setTimeout(() => handBack(() => true), graceMs);
      // Redis may be away: then the leases run out by themselves.
      const end = clock.setTimeout(
        () => {
          this.#ender.abort();
          this.#bell.ring();
        },
        graceMs + 2 * commandTimeoutMs,
      );
      await this.#working.catch(() => "start tells of it");
      clock.clearTimeout(grace);
      clock.clearTimeout(end);
      if (!this.#ender.signal.aborted)
        await this.#commands.run(leave, keys.all, [epoch, this.id]).catch(() => "it is forgotten in time");
    }
    this.#ender.abort();
    // After a fatal end, or when the grace is over: nobody waits for these calls any more.
    for (const chunk of this.#leases) chunk.end(new ClosedError("the worker is closed"));
    this.#leases.stop();
    this.#commands.close();
    this.#waits.close();
    this.#state = "closed";
  }
}
