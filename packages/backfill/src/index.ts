export { Backfill } from "./backfill.ts";
export {
  CallTimeoutError,
  ClosedError,
  EpochError,
  EvictionError,
  InvalidOptionError,
  AwayError,
  LimitedError,
  PermanentError,
  RedisError,
  RunMismatchError,
  RunNotFoundError,
  UnsupportedError,
} from "./errors.ts";

export type { BackfillOptions } from "./backfill-options.ts";
export type { DeadLetterSelection } from "./backfill.ts";
export type {
  ChunkEvent,
  FetchEvent,
  LimitEvent,
  RedisEvent,
  TurnEvent,
  WarningEvent,
  WriteEvent,
} from "./channels.ts";
export type { Clock } from "./clock.ts";
export type { Connect, Connection } from "./connection.ts";
export type { DeadLetter } from "./dead-letter.ts";
export type { Gate } from "./gate.ts";
export type { Inspection } from "./inspection.ts";
export type { CallOptions, Fetch, Fetched, FetchOptions, Sink } from "./sink.ts";
export type { Source } from "./source.ts";
export type { Status, WorkerReport } from "./status.ts";
export type { Verification } from "./verification.ts";
export type { Limits, WorkerOptions, WorkerOutcome } from "./worker-options.ts";
export type { WorkerStats } from "./worker-stats.ts";
export type { Worker } from "./worker.ts";
