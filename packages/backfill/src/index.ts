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
  ProtocolMismatchError,
  RedisError,
  RunMismatchError,
  RunNotFoundError,
  UnsupportedError,
} from "./errors.ts";

export type { BackfillOptions } from "./runs/backfill-options.ts";
export type { DeadLetterSelection } from "./backfill.ts";
export type {
  ChunkEvent,
  FetchEvent,
  LimitEvent,
  Of,
  RedisEvent,
  TurnEvent,
  WarningEvent,
  WriteEvent,
} from "./channels.ts";
export type { Clock } from "@fleet/time";
export type { ClusterNode, Connect, Connection } from "./redis/connection.ts";
export type { DeadLetter } from "./protocol/dead-letter.ts";
export type { RunDefinition } from "./protocol/definition.ts";
export type { Gate, GatePermit, GateRefusal } from "./engine/gate.ts";
export type { Inspection } from "./runs/inspection.ts";
export type { Keys } from "./protocol/keys.ts";
export type { Run } from "./run.ts";
export type { CallOptions, Fetch, FetchOptions, Fetched, Sink } from "./sink.ts";
export type { IdsSource, ListSource, RangeSource, Source, StreamSource } from "./source.ts";
export type { Status, WorkerReport } from "./runs/status.ts";
export type { Discrepancy, Verification } from "./runs/verification.ts";
export type { Limits, WorkerOptions, WorkerOutcome } from "./engine/worker-options.ts";
export type { Usage, WorkerStats } from "./protocol/worker-stats.ts";
export type { Worker } from "./worker.ts";
