import type { Fetch, Sink } from "../sink.ts";
import type { Gate } from "./gate.ts";

/** What one worker may use at a time. */
export interface Limits {
  /** Fetches at a time. @default 5 */
  readonly hub?: number;
  /** Writes at a time. @default 8 */
  readonly database?: number;
  /** Fetches per second of all workers of the run together; Infinity for no limit. @default 10 */
  readonly requestsPerSecond?: number;
  /** Fetches that may go at once after a quiet time. @default a hundredth of requestsPerSecond, at least 1 */
  readonly burst?: number;
  /** Ids claimed and not being written yet. Never less than two chunks. @default 200 */
  readonly buffer?: number;
  /** Chunks per claim, where nothing speaks for fewer. @default 50 */
  readonly claim?: number;
}

export interface WorkerOptions<T> {
  /** Gets the record of one id from the hub. */
  readonly fetch: Fetch<T>;
  /** Writes the records. */
  readonly sink: Sink<T>;
  /** What the worker may use at a time. */
  readonly limits?: Limits;
  /**
   * Circuit breakers. While one does not admit calls nothing is claimed and nothing is called; the first failure of an id
   * counts for them, and every probe that finds the other side away. @default none
   */
  readonly gates?: { readonly hub?: Gate; readonly database?: Gate };
  /** How hard pressed the machine or its pools are, 0 to 1: asked before each claim. @default () => 0 */
  readonly pressure?: () => number;
  /** Tries per id before it becomes a dead letter. @default 5 */
  readonly attempts?: number;
  /**
   * Tries per id that do not count, because they met a hub or a sink that is away (see `AwayError`). Beyond that they count
   * too, so that every run ends. @default 5
   */
  readonly awayAttempts?: number;
  /**
   * Processes that may die on an id before it becomes a dead letter; at least 2. After two of them (after one, where the
   * limit is 2) its chunk is looked at one id at a time. @default 4
   */
  readonly crashLimit?: number;
  /** How long a lease holds without a heartbeat of its worker, which comes every third of it. @default 10000 */
  readonly leaseMs?: number;
  /** The first delay after a failure, doubled by each; the delay is random from 0 to that. @default 1000 */
  readonly retryMinDelayMs?: number;
  /** Where the doubling ends. @default 60000 */
  readonly retryMaxDelayMs?: number;
  /** How long one fetch may take. @default 30000 */
  readonly fetchTimeoutMs?: number;
  /** How long one write may take. @default 30000 */
  readonly writeTimeoutMs?: number;
  /**
   * How much of the past Redis may lose in a crash and the run still go on; beyond that the data counts as restored from
   * an old copy and the run stops. @default 5000
   */
  readonly maxLossMs?: number;
  /** Whether `start` ends when there is nothing left. @default true for a range and ids, false for a stream and a list */
  readonly exitOnComplete?: boolean;
  /** Name of the worker in status and channels; a random part is added. @default "<host>:<pid>" */
  readonly label?: string;
}

/** How a worker ended: the run is complete, or the worker was closed. */
export type WorkerOutcome = "complete" | "stopped";
