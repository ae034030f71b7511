import type { WarningEvent } from "./channels.ts";
import type { Clock } from "./clock.ts";
import type { Connect } from "./connection.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { Inspection } from "./inspection.ts";
import type { Source } from "./source.ts";
import type { Status } from "./status.ts";
import type { Verification } from "./verification.ts";
import type { WorkerOptions } from "./worker-options.ts";
import type { Worker } from "./worker.ts";

export interface BackfillOptions {
  readonly connect: Connect;
  /** Names the run: letters, digits and `._:-`, at most 100. */
  readonly name: string;
  /** Needed to create a run. Given for one that exists, it must be the same. */
  readonly source?: Source;
  /** Ids per chunk, the unit of leases and progress. @default 50, or what the run was created with */
  readonly chunkSize?: number;
  /** What the keys begin with: `<prefix>:{<name>}:...`. @default "bf" */
  readonly prefix?: string;
  /** Work although Redis may evict the run's keys. @default false */
  readonly allowEviction?: boolean;
  /** How long a command may take before its connection is destroyed. @default 3000 */
  readonly commandTimeoutMs?: number;
  /** Monotonic milliseconds and timers. @default the system's */
  readonly clock?: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Which dead letters are meant. */
export interface DeadLetterSelection {
  /** @default all */
  readonly ids?: readonly string[];
}

/** A named run of work in Redis: created, looked at and steered here, done by its workers. */
export declare class Backfill implements AsyncDisposable {
  /**
   * Opens the run, or creates it when there is none and a source is given.
   *
   * @throws InvalidOptionError, RunNotFoundError, RunMismatchError, EvictionError, RedisError.
   */
  static open(options: BackfillOptions): Promise<Backfill>;
  readonly name: string;
  readonly epoch: string;
  readonly chunkSize: number;
  /** What a person should know about the Redis it runs on. */
  readonly warnings: readonly WarningEvent[];
  /** A worker for this run, with connections of its own. It must be closed before the process ends. */
  worker<T>(options: WorkerOptions<T>): Worker;
  status(): Promise<Status>;
  /** Workers claim nothing more until `resume`; what is under way finishes. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  deadLetters(): AsyncIterable<DeadLetter>;
  /** Gives dead letters a new start, with no attempts and no crashes. @returns how many. */
  retry(selection?: DeadLetterSelection): Promise<number>;
  /** Forgets dead letters. @returns how many. */
  discard(selection?: DeadLetterSelection): Promise<number>;
  inspect(id: string): Promise<Inspection>;
  /**
   * Compares the run with the ids that the sink has.
   *
   * @throws UnsupportedError for a stream or a list.
   */
  verify(seen: Iterable<string> | AsyncIterable<string>): Promise<Verification>;
  /** Deletes the run. Workers that are still at it stop with an EpochError. */
  purge(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
