import { backoff, sleep } from "@fleet/time";

import type { Task } from "../protocol/item.ts";
import type { Usage } from "../protocol/worker-stats.ts";
import type { Verdict } from "./guarded-calls.ts";
import type { HeldChunk, Settlement } from "./held-chunk.ts";
import { failuresOf, type FetchedTask, Sides, type SidesOptions } from "./sides.ts";
import { Stage } from "./stage.ts";

interface PipelineOptions<T> extends SidesOptions<T> {
  readonly random: () => number;
  readonly settled: (settlement: Settlement) => void;
  /** Called when there is room in the buffer again. */
  readonly roomy: () => void;
  /** Called when a part that was handed in (a breaker, for example) threw where it must not. */
  readonly failed: (error: unknown) => void;
}

/** One pass through a chunk. */
interface Pass<T> {
  readonly chunk: HeldChunk;
  readonly fetched: FetchedTask<T>[];
  unfetched: number;
  unwritten: number;
}

interface Batch<T> {
  readonly pass: Pass<T>;
  readonly records: Pass<T>["fetched"];
  /** Tries in this pass that met a sink that is away. */
  readonly pardons: number;
}

/**
 * Fetch, buffer, write: two stages with a limit each, and no permit of the one is held while waiting for the other. So
 * both limits can be reached at once, and a slow database ends up as a full buffer, not as idle calls to the hub.
 */
export class Pipeline<T> {
  readonly #options: PipelineOptions<T>;
  readonly #sides: Sides<T>;
  readonly #fetches: Stage<{ readonly pass: Pass<T>; readonly task: Task }>;
  readonly #writes: Stage<Batch<T>>;
  readonly #suspects: HeldChunk[] = [];
  /** Claimed and not being written yet. */
  readonly #buffered = new Set<HeldChunk>();
  /** Writes that wait for a sink that is away. */
  readonly #resting = new Set<Batch<T>>();
  #bufferedIds = 0;
  #isAlone = false;

  constructor(options: PipelineOptions<T>) {
    this.#options = options;
    const { limits } = options.settings;
    this.#sides = new Sides(options);
    this.#fetches = new Stage(limits.hub, ({ pass, task }) => this.#fetch(pass, task), options.failed);
    this.#writes = new Stage(limits.database, (batch) => this.#write(batch), options.failed);
  }

  get buffer(): Usage {
    return { used: this.#bufferedIds, limit: this.#options.settings.limits.buffer };
  }

  get hub(): Usage {
    return { used: this.#fetches.active, limit: this.#fetches.limit };
  }

  get database(): Usage {
    return { used: this.#writes.active, limit: this.#writes.limit };
  }

  /** Whether it works on one id at a time, to find the one that kills processes. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** Chunks that wait for a hub or a sink that is away, with nothing under way. */
  get stalled(): readonly HeldChunk[] {
    const resting = [...this.#resting].map(({ pass }) => pass.chunk).filter(({ calls }) => calls.size === 0);
    return [...this.#sides.stalled, ...resting];
  }

  add(chunk: HeldChunk): void {
    this.#buffered.add(chunk);
    this.#bufferedIds += chunk.tasks.length;
    if (chunk.isSuspect) {
      this.#suspects.push(chunk);
      if (!this.#isAlone) this.#workAlone().catch(this.#options.failed);
      return;
    }
    const pass: Pass<T> = { chunk, fetched: [], unfetched: chunk.tasks.length, unwritten: 0 };
    for (const task of chunk.tasks) this.#fetches.push({ pass, task }, failuresOf(task) > 0);
  }

  /** Takes a chunk out of the buffer: it is being written, or over. */
  leave(chunk: HeldChunk): void {
    if (!this.#buffered.delete(chunk)) return;
    this.#bufferedIds -= chunk.tasks.length;
    this.#options.roomy();
  }

  async #fetch(pass: Pass<T>, task: Task): Promise<void> {
    const { chunk } = pass;
    if (chunk.isOver) return;
    const verdict = await this.#sides.fetch(chunk, task);
    if (verdict.kind === "over") return;
    if (verdict.kind === "answered") this.#got(pass, task, verdict.value);
    else this.#fail(chunk, task, verdict);
    pass.unfetched -= 1;
    if (pass.unfetched > 0) return;
    if (pass.fetched.length === 0) this.#settle(chunk);
    else {
      pass.unwritten = 1;
      this.#writes.push({ pass, records: pass.fetched, pardons: 0 });
    }
  }

  #got(pass: Pass<T>, task: Task, value: T | undefined): void {
    if (value === undefined) pass.chunk.empty(task);
    else pass.fetched.push({ task, value });
  }

  async #write({ pass, records, pardons }: Batch<T>): Promise<void> {
    const { chunk } = pass;
    if (chunk.isOver) return;
    chunk.isStarted = true;
    this.leave(chunk);
    const verdict = await this.#sides.write(chunk, records, pardons);
    if (verdict.kind === "over") return;
    const isBatch = records.length > 1;
    // The sink may be away for one record only. While all batches fail it is away, and they are kept whole.
    const isOnlyWrite = this.#resting.size === 0 && this.#writes.active === 1;
    if (
      verdict.kind === "pardoned" &&
      isBatch &&
      (verdict.othersPassed === true || (pardons > 0 && isOnlyWrite))
    ) {
      for (const { task } of records) chunk.pardoned(task, 0);
      this.#split({ pass, records, pardons: pardons + 1 }, true);
      return;
    }
    if (verdict.kind === "pardoned") {
      // What was fetched is kept, and another batch has the place at the sink meanwhile.
      this.#rest({ pass, records, pardons: pardons + 1 }).catch(this.#options.failed);
      return;
    }
    if (verdict.kind === "answered") chunk.written(records.map(({ task }) => task));
    else if (isBatch) {
      this.#split({ pass, records, pardons }, false);
      return;
    } else this.#fail(chunk, records[0]!.task, verdict);
    pass.unwritten -= 1;
    if (pass.unwritten === 0) this.#settle(chunk);
  }

  /** Writes each record by itself: at least one is bad, and it must fail no other. */
  #split({ pass, records, pardons }: Batch<T>, isAgain: boolean): void {
    pass.unwritten += records.length - 1;
    for (const record of records) this.#writes.push({ pass, records: [record], pardons }, isAgain);
  }

  async #rest(batch: Batch<T>): Promise<void> {
    const { clock, signal } = this.#options;
    const { chunk } = batch.pass;
    for (const { task } of batch.records) chunk.pardoned(task, 0);
    this.#resting.add(batch);
    await sleep(clock, this.#delayAfter(failuresOf(batch.records[0]!.task) + batch.pardons - 1), signal);
    this.#resting.delete(batch);
    if (!signal.aborted) this.#writes.push(batch, true);
  }

  /** Works through chunks whose holders died repeatedly. Nothing else is under way in this process meanwhile: if it dies, the cause is known. */
  async #workAlone(): Promise<void> {
    this.#isAlone = true;
    await Promise.all([this.#fetches.hold(), this.#writes.hold()]);
    for (let chunk = this.#suspects.shift(); chunk !== undefined; chunk = this.#suspects.shift()) {
      chunk.isStarted = true;
      for (const task of chunk.tasks) {
        if (chunk.isOver || this.#options.signal.aborted) break;
        await this.#workOn(chunk, task);
      }
      if (!chunk.isOver && !this.#options.signal.aborted) this.#settle(chunk);
    }
    this.#isAlone = false;
    this.#fetches.release();
    this.#writes.release();
  }

  async #workOn(chunk: HeldChunk, task: Task): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.settled(chunk.keep(task, () => resolve()));
    chunk.onEnd(resolve);
    await promise;
    if (chunk.isOver) return;
    const fetched = await this.#sides.fetch(chunk, task);
    if (fetched.kind === "over") return;
    if (fetched.kind !== "answered") return this.#fail(chunk, task, fetched);
    if (fetched.value === undefined) return chunk.empty(task);
    const written = await this.#sides.write(chunk, [{ task, value: fetched.value }], 0);
    if (written.kind === "answered") chunk.written([task]);
    else if (written.kind !== "over") this.#fail(chunk, task, written);
  }

  #fail(
    chunk: HeldChunk,
    task: Task,
    { kind, error, notBeforeMs = 0 }: Exclude<Verdict<unknown>, { readonly kind: "answered" | "over" }>,
  ): void {
    const delayMs = notBeforeMs + this.#delayAfter(failuresOf(task));
    if (kind === "permanent") chunk.dead(task, "permanent", error);
    else if (kind === "pardoned") chunk.pardoned(task, delayMs);
    else if (task.attempts + 1 >= this.#options.settings.attempts) chunk.dead(task, "attempts", error);
    else chunk.failed(task, delayMs);
  }

  #delayAfter(failures: number): number {
    const { retryMinDelayMs, retryMaxDelayMs } = this.#options.settings;
    return backoff(failures, {
      minMs: retryMinDelayMs,
      maxMs: retryMaxDelayMs,
      random: this.#options.random,
    });
  }

  #settle(chunk: HeldChunk): void {
    this.leave(chunk);
    this.#options.settled(chunk.settle());
  }
}
