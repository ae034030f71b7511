import type { Clock } from "@fleet/time";

import { type FetchEvent, publish } from "../channels.ts";
import type { Task } from "../protocol/item.ts";
import type { Fetched } from "../sink.ts";
import { Calls } from "./calls.ts";
import { type CallSubject, GuardedCalls, type Verdict } from "./guarded-calls.ts";
import type { HeldChunk } from "./held-chunk.ts";
import type { Leases } from "./leases.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { WorkerSettings } from "./worker-settings.ts";

export interface SidesOptions<T> {
  readonly settings: WorkerSettings<T>;
  readonly bucket: TokenBucket;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly of: { readonly run: string; readonly worker: string };
}

export interface FetchedTask<T> {
  readonly task: Task;
  readonly value: T;
}

/** The two sides of a worker, hub and sink: the calls to them, each published. */
export class Sides<T> {
  readonly #options: SidesOptions<T>;
  readonly #hub: GuardedCalls;
  readonly #database: GuardedCalls;

  constructor(options: SidesOptions<T>) {
    this.#options = options;
    const { settings, bucket, leases, clock, signal } = options;
    const { gates, awayAttempts } = settings;
    // A lease that may have run out must be known to hold before anything is done under it.
    const ready = (chunk: HeldChunk): Promise<void> | undefined => leases.assure(chunk);
    this.#hub = new GuardedCalls({
      calls: new Calls("fetch", settings.fetchTimeoutMs, clock),
      gate: gates.hub,
      bucket,
      ready,
      awayAttempts,
      clock,
      signal,
    });
    this.#database = new GuardedCalls({
      calls: new Calls("write", settings.writeTimeoutMs, clock),
      gate: gates.database,
      bucket: undefined,
      ready,
      awayAttempts,
      clock,
      signal,
    });
  }

  /** Chunks that wait for a breaker or for the end of a pause that the hub asked for, with no call under way. */
  get stalled(): readonly HeldChunk[] {
    return [...this.#hub.stalled, ...this.#database.stalled];
  }

  /** Calls the hub for one id. */
  fetch(chunk: HeldChunk, task: Task): Promise<Verdict<T | undefined>> {
    const { settings, of } = this.#options;
    const facts = { id: task.id, attempt: task.attempts + 1, token: Number(chunk.token) };
    let isEmpty = false;
    return this.#hub.run(
      subjectOf(chunk, [task], 0),
      {
        started: () => publish("fetch", () => ({ ...of, phase: "started", ...facts })),
        ended: (outcome, durationMs, error) =>
          publish("fetch", () => ({
            ...of,
            phase: "ended",
            ...facts,
            outcome: outcome === "answered" ? (isEmpty ? "empty" : "fetched") : outcome,
            durationMs,
            ...factsIn(error),
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

  /** @param pardons tries with these records in this pass that met a sink that is away. */
  write(chunk: HeldChunk, records: readonly FetchedTask<T>[], pardons: number): Promise<Verdict<void>> {
    const { settings, of } = this.#options;
    const attempt = Math.max(...records.map(({ task }) => task.attempts)) + 1;
    const facts = { ids: records.length, attempt, token: Number(chunk.token) };
    const fetched: readonly Fetched<T>[] = records.map(({ task, value }) => ({ id: task.id, value }));
    return this.#database.run(
      subjectOf(
        chunk,
        records.map(({ task }) => task),
        pardons,
      ),
      {
        started: () => publish("write", () => ({ ...of, phase: "started", ...facts })),
        ended: (outcome, durationMs, error) =>
          publish("write", () => ({
            ...of,
            phase: "ended",
            ...facts,
            outcome: outcome === "answered" ? "written" : outcome === "aborted" ? "aborted" : "failed",
            durationMs,
            ...factsIn(error),
          })),
      },
      async (call) =>
        settings.sink.write(fetched, {
          get signal() {
            return call.signal;
          },
          attempt,
          token: facts.token,
        }),
    );
  }
}

/** Tries of it that failed, pardoned or not. */
export const failuresOf = ({ attempts, pardons }: Task): number => attempts + pardons;

/** @param pardons those of this pass. */
function subjectOf(chunk: HeldChunk, tasks: readonly Task[], pardons: number): CallSubject {
  const failures = Math.min(...tasks.map(failuresOf)) + pardons;
  return {
    chunk,
    key: `${chunk.number}:${tasks[0]!.index}`,
    failures,
    pardons: Math.min(...tasks.map((task) => task.pardons)) + pardons,
    isBatch: tasks.length > 1,
  };
}

function factsIn(error: unknown): Pick<FetchEvent, "code" | "error"> {
  if (error === undefined) return {};
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? { code, error } : { error };
}
