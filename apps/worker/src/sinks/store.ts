import type { Sink } from "@fleet/backfill";

/** A sink with what the worker needs beside writing. */
export interface Store extends Sink<unknown>, AsyncDisposable {
  /** Makes what is not there yet: a table. Idempotent; called once, before anything is written. */
  prepare(): Promise<void>;
  /** How hard pressed it is, 0 to 1. */
  pressure(): number;
  /** The ids that it has of the run, in any order. */
  ids(): AsyncIterable<string>;
}
