import { backoff } from "./backoff.ts";
import { Calls } from "./calls.ts";
import { type FetchEvent, publish } from "./channels.ts";
import type { Clock } from "./clock.ts";
import { GuardedCalls, type Verdict } from "./guarded-calls.ts";
import type { HeldChunk, Settlement } from "./held-chunk.ts";
import type { Task } from "./item.ts";
import type { Leases } from "./leases.ts";
import type { Fetched } from "./sink.ts";
import { Stage } from "./stage.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { WorkerSettings } from "./worker-settings.ts";
import type { Usage } from "./worker-stats.ts";

interface PipelineOptions<T> {
  readonly settings: WorkerSettings<T>;
  readonly bucket: TokenBucket;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly of: { readonly run: string; readonly worker: string };
  readonly settled: (settlement: Settlement) => void;
  /** There is room in the buffer again. */
  readonly roomy: () => void;
  /** What is handed in (a breaker, say) threw where it must not. */
  readonly failed: (error: unknown) => void;
}

/** One go at a chunk. */
interface Pass<T> {
  readonly chunk: HeldChunk;
  readonly fetched: { readonly task: Task; readonly value: T }[];
  unfetched: number;
  unwritten: number;
}

interface Batch<T> {
  readonly pass: Pass<T>;
  readonly records: Pass<T>["fetched"];
}

/**
 * Fetch, buffer, write: two stages with a limit each, and no permit of the one is held while waiting for the other. So
 * both limits can be reached at once, and a slow database ends up as a full buffer, not as idle calls to the hub.
 */
export class Pipeline<T> {
  readonly #options: PipelineOptions<T>;
  readonly #hub: GuardedCalls;
  readonly #database: GuardedCalls;
  readonly #fetches: Stage<{ readonly pass: Pass<T>; readonly task: Task }>;
  readonly #writes: Stage<Batch<T>>;
  readonly #suspects: HeldChunk[] = [];
  /** Claimed and not being written yet. */
  readonly #buffered = new Set<HeldChunk>();
  #bufferedIds = 0;
  #isAlone = false;

  constructor(options: PipelineOptions<T>) {
    this.#options = options;
    const { settings, bucket, leases, clock, signal } = options;
    const { limits, gates } = settings;
    // A lease that may have run out must be known to hold before anything is done under it.
    const ready = (chunk: HeldChunk): Promise<void> | undefined => leases.assure(chunk);
    this.#hub = new GuardedCalls({
      calls: new Calls("fetch", settings.fetchTimeoutMs, clock),
      gate: gates.hub,
      bucket,
      ready,
      clock,
      signal,
    });
    this.#database = new GuardedCalls({
      calls: new Calls("write", settings.writeTimeoutMs, clock),
      gate: gates.database,
      bucket: undefined,
      ready,
      clock,
      signal,
    });
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

  add(chunk: HeldChunk): void {
    this.#buffered.add(chunk);
    this.#bufferedIds += chunk.tasks.length;
    if (chunk.isSuspect) {
      this.#suspects.push(chunk);
      if (!this.#isAlone) this.#workAlone().catch(this.#options.failed);
      return;
    }
    const pass: Pass<T> = { chunk, fetched: [], unfetched: chunk.tasks.length, unwritten: 0 };
    for (const task of chunk.tasks) this.#fetches.push({ pass, task });
  }

  /** It takes no room in the buffer any more: it is being written, or over. */
  leave(chunk: HeldChunk): void {
    if (!this.#buffered.delete(chunk)) return;
    this.#bufferedIds -= chunk.tasks.length;
    this.#options.roomy();
  }

  async #fetch(pass: Pass<T>, task: Task): Promise<void> {
    const { chunk } = pass;
    if (chunk.isOver) return;
    const verdict = await this.#callHub(chunk, task);
    if (verdict.kind === "over") return;
    if (verdict.kind === "answered") this.#got(pass, task, verdict.value);
    else this.#fail(chunk, task, verdict);
    pass.unfetched -= 1;
    if (pass.unfetched > 0) return;
    if (pass.fetched.length === 0) this.#settle(chunk);
    else {
      pass.unwritten = 1;
      this.#writes.push({ pass, records: pass.fetched });
    }
  }

  #got(pass: Pass<T>, task: Task, value: T | undefined): void {
    if (value === undefined) pass.chunk.empty(task);
    else pass.fetched.push({ task, value });
  }

  async #write({ pass, records }: Batch<T>): Promise<void> {
    const { chunk } = pass;
    if (chunk.isOver) return;
    chunk.isStarted = true;
    this.leave(chunk);
    const verdict = await this.#callDatabase(chunk, records);
    if (verdict.kind === "over") return;
    if (verdict.kind === "answered") chunk.written(records.map(({ task }) => task));
    else if (records.length > 1) {
      // One of them is bad, or all are: each by itself, so that a bad one fails nobody else.
      pass.unwritten += records.length - 1;
      for (const record of records) this.#writes.push({ pass, records: [record] });
      return;
    } else this.#fail(chunk, records[0]!.task, verdict);
    pass.unwritten -= 1;
    if (pass.unwritten === 0) this.#settle(chunk);
  }

  /** Chunks whose holders died again and again: nothing else is under way in this process meanwhile, so that only the guilty can be blamed. */
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
    const fetched = await this.#callHub(chunk, task);
    if (fetched.kind === "over") return;
    if (fetched.kind !== "answered") return this.#fail(chunk, task, fetched);
    if (fetched.value === undefined) return chunk.empty(task);
    const written = await this.#callDatabase(chunk, [{ task, value: fetched.value }]);
    if (written.kind === "answered") chunk.written([task]);
    else if (written.kind !== "over") this.#fail(chunk, task, written);
  }

  #fail(
    chunk: HeldChunk,
    task: Task,
    { kind, error }: { readonly kind: "failed" | "permanent"; readonly error: unknown },
  ): void {
    const { attempts, retryMinDelayMs, retryMaxDelayMs } = this.#options.settings;
    if (kind === "permanent") chunk.dead(task, "permanent", error);
    else if (task.attempts + 1 >= attempts) chunk.dead(task, "attempts", error);
    else chunk.failed(task, backoff(task.attempts, retryMinDelayMs, retryMaxDelayMs, this.#options.random));
  }

  #settle(chunk: HeldChunk): void {
    this.leave(chunk);
    this.#options.settled(chunk.settle());
  }

  #callHub(chunk: HeldChunk, task: Task): Promise<Verdict<T | undefined>> {
    const { settings, of } = this.#options;
    const facts = { id: task.id, attempt: task.attempts + 1, token: Number(chunk.token) };
    let isEmpty = false;
    return this.#hub.run(
      chunk,
      {
        started: () => publish("fetch", () => ({ ...of, phase: "started", ...facts })),
        ended: (outcome, durationMs, error) =>
          publish("fetch", () => ({
            ...of,
            phase: "ended",
            ...facts,
            outcome: outcome === "answered" ? (isEmpty ? "empty" : "fetched") : outcome,
            durationMs,
            ...codeIn(error),
          })),
      },
      async (call) => {
        chunk.isStarted = true;
        const { attempt, token } = facts;
        const value = await settings.fetch(task.id, {
          get signal() {
            return call.signal;
          },
          attempt,
          token,
          ...(task.fields !== undefined && { fields: task.fields }),
        });
        isEmpty = value === undefined;
        return value;
      },
    );
  }

  #callDatabase(chunk: HeldChunk, records: Batch<T>["records"]): Promise<Verdict<void>> {
    const { settings, of } = this.#options;
    const attempt = Math.max(...records.map(({ task }) => task.attempts)) + 1;
    const facts = { ids: records.length, attempt, token: Number(chunk.token) };
    const told: readonly Fetched<T>[] = records.map(({ task, value }) => ({ id: task.id, value }));
    return this.#database.run(
      chunk,
      {
        started: () => publish("write", () => ({ ...of, phase: "started", ...facts })),
        ended: (outcome, durationMs, error) =>
          publish("write", () => ({
            ...of,
            phase: "ended",
            ...facts,
            outcome: outcome === "answered" ? "written" : outcome === "aborted" ? "aborted" : "failed",
            durationMs,
            ...codeIn(error),
          })),
      },
      async (call) =>
        settings.sink.write(told, {
          get signal() {
            return call.signal;
          },
          attempt,
          token: facts.token,
        }),
    );
  }
}

function codeIn(error: unknown): Pick<FetchEvent, "code"> {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? { code } : {};
}
