import type { Condition } from "../instance/condition.ts";
import type { Instance } from "../instance/instance.ts";
import type { ResourceStats } from "./resource-stats.ts";

export interface StandingFailure {
  readonly failure: unknown;
}

export interface SourceStartOptions {
  /** Ends the source as `close()` does. */
  readonly signal: AbortSignal;
  /** Whether the caller goes on without waiting for the start; else the process stays alive until that has settled. @default false */
  readonly inBackground?: boolean;
}

/** Where a source hands over what it knows. Calls after the source's `close()` are ignored. */
export interface SourceSink {
  /**
   * The source's whole set, as it is now; what is not in it is gone. The instances are not changed afterwards.
   *
   * @param standing a failure that was given to `fail` and is not over, although the set is newer: it is not reported again.
   */
  replace(instances: readonly Instance[], standing?: StandingFailure): void;
  /** An attempt failed. The last set stays; the source goes on trying by itself. */
  fail(error: unknown): void;
}

/** Where instances come from: a list, a file, a cluster. */
export interface InstanceSource {
  /** Unique in a fleet; a label in metrics. */
  readonly name: string;
  /** What an operator should know of its world now: what was skipped, and why. @default none */
  readonly conditions?: readonly Condition[];
  /** What it reads from a server, each kind of object on its own. @default none */
  readonly resources?: readonly ResourceStats[];
  /**
   * Begins to deliver. Resolves once the first set was handed over; failures before that go to `sink.fail` while the source
   * keeps trying. Rejects only when it will never deliver: given up, aborted or closed.
   */
  start(sink: SourceSink, options: SourceStartOptions): Promise<void>;
  /** Stops; nothing is left open and nothing is delivered afterwards. Twice is once. */
  close(): Promise<void>;
}
