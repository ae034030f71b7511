import { publish } from "./channels.ts";
import { HeldChunk, type Settlement } from "./engine/held-chunk.ts";
import { IdleWait } from "./engine/idle-wait.ts";
import { Leases } from "./engine/leases.ts";
import { Pipeline } from "./engine/pipeline.ts";
import { RateMeter } from "./engine/rate-meter.ts";
import { shareOf } from "./engine/share.ts";
import { TokenBucket } from "./engine/token-bucket.ts";
import { Wakeup } from "./engine/wakeup.ts";
import type { WorkerOutcome } from "./engine/worker-options.ts";
import type { WorkerSettings } from "./engine/worker-settings.ts";
import { type Remainder, tasksOf } from "./protocol/item.ts";
import { RunSession } from "./protocol/session.ts";
import { type ClaimedChunk, type Demand, type TurnAnswer, TurnClient } from "./protocol/turn-client.ts";
import type { WorkerStats } from "./protocol/worker-stats.ts";
import type { RedisLink } from "./redis/link.ts";
import type { Run } from "./run.ts";

/** How often a worker that may not claim looks whether it may again, in milliseconds: breakers and pressure send no event. */
const lookAgainMs = 200;
const nothing: Demand = { chunks: 0, suspect: false };

interface WorkLoopOptions {
  readonly run: Run;
  readonly settings: WorkerSettings<unknown>;
  readonly of: { readonly run: string; readonly worker: string };
  readonly commands: RedisLink;
  /** For commands that block. */
  readonly waits: RedisLink;
  /** Aborted when nothing that is under way matters any more. */
  readonly signal: AbortSignal;
  /** Something ended the work for good. */
  readonly failed: (error: unknown) => void;
}

/** The main loop of a worker: it settles with Redis what has ended, claims what it has room for, and works on it. */
export class WorkLoop {
  readonly #options: WorkLoopOptions;
  readonly #turns: TurnClient<Settlement>;
  readonly #leases: Leases;
  readonly #bucket: TokenBucket;
  readonly #pipeline: Pipeline<unknown>;
  readonly #idle: IdleWait;
  readonly #wakeup: Wakeup;
  readonly #meter: RateMeter;
  readonly #count = { claimed: 0, fenced: 0, handedBack: 0, done: 0, retried: 0, dead: 0 };
  #state: "idle" | "running" | "paused" | "waiting" | "draining" | "closed" = "idle";
  /** Nothing more is claimed. */
  #isClosing = false;

  constructor(options: WorkLoopOptions) {
    const { run, settings, of, commands, waits, signal, failed } = options;
    const { clock, random, definition, keys } = run;
    const { leaseMs, limits } = settings;
    this.#options = options;
    this.#wakeup = new Wakeup(clock);
    this.#meter = new RateMeter(clock);
    const session = new RunSession(of.worker, run, commands, settings);
    this.#turns = new TurnClient<Settlement>(session, settings);
    this.#leases = new Leases({
      session,
      clock,
      leaseMs,
      signal,
      report: () => JSON.stringify({ ...this.stats, leaseMs }),
      fenced: (chunk) => this.#fence(chunk),
      failed,
    });
    this.#bucket = new TokenBucket({
      link: commands,
      key: keys.rate,
      rate: limits.requestsPerSecond,
      burst: limits.burst,
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
      settled: (settlement) => this.#settle(settlement),
      roomy: () => this.#wakeup.wake(),
      failed,
    });
    this.#idle = new IdleWait({
      link: waits,
      definition,
      keys,
      leaseMs,
      clock,
      signal,
      wake: () => this.#wakeup.wake(),
    });
  }

  get stats(): WorkerStats {
    const { buffer, hub, database, isAlone } = this.#pipeline;
    const { gates } = this.#options.settings;
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
   * Works until the run is complete, or until it is drained and nothing is held any more.
   *
   * @throws EpochError, the server's refusal, the signal's reason.
   */
  async work(): Promise<WorkerOutcome> {
    const { settings, signal } = this.#options;
    this.#state = "running";
    this.#leases.start();
    for (;;) {
      const demand = this.#demand();
      const wantsMore = demand.chunks > 0 || demand.suspect;
      if (this.#turns.pending === 0 && !wantsMore) {
        if (this.#isClosing) {
          if (this.#leases.size === 0) return "stopped";
          // Chunks that wait for a hub or a sink would only wait until the grace is over.
          for (const chunk of this.#pipeline.stalled) if (!chunk.isOver) this.#handBack(chunk);
          if (this.#turns.pending > 0) continue;
        }
        await this.#wakeup.wait(lookAgainMs);
        signal.throwIfAborted();
        continue;
      }
      const answer = await this.#turn(demand);
      if (this.#turns.pending > 0) continue;
      const isThrough = answer.state === "complete" || answer.state === "drained";
      if (isThrough && settings.exitOnComplete && !this.#isClosing) return "complete";
      if (answer.chunks.length === 0 && wantsMore) {
        if (this.#leases.size === 0) this.#state = answer.state === "paused" ? "paused" : "waiting";
        await this.#wakeup.wait(this.#idle.begin(answer, this.#pressure() >= 0.5));
        signal.throwIfAborted();
      }
    }
  }

  /** Claims nothing more; what is held may finish. */
  drain(): void {
    this.#isClosing = true;
    this.#state = "draining";
    this.#wakeup.wake();
  }

  /** Ends the chunks that the predicate selects, and hands them back to where another worker finds them. */
  handBack(isSelected: (chunk: HeldChunk) => boolean): void {
    for (const chunk of this.#leases) if (!chunk.isOver && isSelected(chunk)) this.#handBack(chunk);
  }

  /** Makes the loop look at once whether its signal is aborted. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Ends what is still under way. The signal of the loop is aborted already. */
  end(reason: Error): void {
    this.#isClosing = true;
    for (const chunk of this.#leases) chunk.end(reason);
    this.#leases.stop();
    this.#state = "closed";
  }

  async #turn(demand: Demand): Promise<TurnAnswer> {
    const { run, settings, of, signal } = this.#options;
    const settled = this.#turns.pending;
    publish("turn", () => ({ ...of, phase: "sent", settled, claimed: 0, token: 0 }));
    const sentAt = run.clock.now();
    const answer = await this.#turns.take(demand, signal, (settlement, isFenced) =>
      this.#acknowledged(settlement, isFenced),
    );
    const claimed = answer.chunks.length;
    publish("turn", () => ({ ...of, phase: "answered", settled, claimed, token: Number(answer.token) }));
    // The rate itself makes each call wait a little; more than that is a pause that the hub has asked for.
    if (answer.pauseMs > 2000 / settings.limits.requestsPerSecond) this.#bucket.hold(answer.pauseMs);
    for (const overdue of answer.overdue)
      if (!this.#leases.has(overdue.chunk, overdue.token)) this.#turns.disown(overdue);
    if (claimed > 0) {
      if (!this.#isClosing) this.#state = "running";
      this.#idle.reset();
      this.#count.claimed += claimed;
      for (const chunk of answer.chunks) this.#begin(chunk, answer.token, sentAt);
    }
    return answer;
  }

  #begin({ number, remainder, items }: ClaimedChunk, token: string, sentAt: number): void {
    const { run, settings } = this.#options;
    const rest = (remainder === undefined ? {} : JSON.parse(remainder)) as Remainder;
    const chunk = new HeldChunk({
      number,
      token,
      chunkSize: run.definition.chunkSize,
      crashes: rest.crashes ?? 0,
      isSuspect: (rest.crashes ?? 0) >= settings.suspectAfter,
      tasks: tasksOf(run.definition, number, items, rest),
      startedAt: sentAt,
      validUntil: sentAt + settings.leaseMs,
    });
    this.#leases.add(chunk);
    if (this.#isClosing) this.#handBack(chunk);
    else this.#pipeline.add(chunk);
  }

  /** What the worker may claim now. Nothing while a breaker is open: what is claimed then would only wait. */
  #demand(): Demand {
    const { run, settings } = this.#options;
    const { gates, limits } = settings;
    if (this.#isClosing || this.#pipeline.isAlone || this.#bucket.pausedMs > 0) return nothing;
    if (gates.hub?.allows() === false || gates.database?.allows() === false) return nothing;
    const { used, limit } = this.#pipeline.buffer;
    const room = Math.floor((limit - used) / run.definition.chunkSize);
    const chunks = Math.min(room, Math.ceil(limits.claim * shareOf(this.#pressure())));
    return chunks > 0 ? { chunks, suspect: true } : nothing;
  }

  #pressure(): number {
    const { used, limit } = this.#pipeline.buffer;
    const outside = this.#options.settings.pressure();
    return Math.min(1, Math.max(used / limit, Number.isNaN(outside) ? 1 : outside));
  }

  #settle(settlement: Settlement): void {
    this.#turns.add(settlement);
    this.#wakeup.wake();
  }

  #acknowledged(settlement: Settlement, isFenced: boolean): void {
    const { chunk, counts, outcome } = settlement;
    settlement.acknowledged?.(isFenced);
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

  /** Another worker has the chunk: what was done for it here does not count, and what is under way ends. */
  #fence(chunk: HeldChunk): void {
    this.#leases.remove(chunk);
    this.#pipeline.leave(chunk);
    chunk.end(new Error("the lease was lost to another worker"));
    this.#count.fenced += 1;
    this.#publishEnd(chunk, "fenced", { done: 0, retried: 0, dead: 0 });
    this.#wakeup.wake();
  }

  #publishEnd(
    chunk: HeldChunk,
    outcome: "done" | "retry" | "fenced" | "handed-back",
    counts: Settlement["counts"],
  ): void {
    const { run, of } = this.#options;
    publish("chunk", () => ({
      ...of,
      chunk: chunk.number,
      outcome,
      ...counts,
      durationMs: run.clock.now() - chunk.startedAt,
    }));
  }

  #handBack(chunk: HeldChunk): void {
    this.#pipeline.leave(chunk);
    this.#settle(chunk.handBack(new Error("the worker closes")));
  }
}
