import { hostname } from "node:os";

import { checkMs } from "../check-option.ts";
import { checkOptions } from "../check-options.ts";
import type { Facts } from "../protocol/facts.ts";
import type { Fetch, Sink } from "../sink.ts";
import type { Gate } from "./gate.ts";
import type { Limits, WorkerOptions } from "./worker-options.ts";
import { workerRules } from "./worker-rules.ts";

/** A worker's options, checked and complete. */
export interface WorkerSettings<T> {
  readonly fetch: Fetch<T>;
  readonly sink: Sink<T>;
  readonly limits: Required<Limits>;
  readonly gates: { readonly hub: Gate | undefined; readonly database: Gate | undefined };
  readonly pressure: () => number;
  readonly attempts: number;
  readonly awayAttempts: number;
  readonly crashLimit: number;
  /** Deaths of its holders until a chunk is looked at one id at a time: the first was most likely a machine's, or a deployment's. */
  readonly patience: number;
  readonly leaseMs: number;
  readonly retryMinDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly fetchTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly maxLossMs: number;
  readonly exitOnComplete: boolean;
  readonly label: string;
}

/** @throws InvalidOptionError. */
export function workerSettingsOf<T>(options: WorkerOptions<T>, facts: Facts): WorkerSettings<T> {
  checkOptions(options, workerRules);
  const {
    sink,
    gates = {},
    attempts = 5,
    awayAttempts = 5,
    crashLimit = 4,
    leaseMs = 10_000,
    retryMinDelayMs = 1000,
    retryMaxDelayMs = 60_000,
    fetchTimeoutMs = 30_000,
    writeTimeoutMs = 30_000,
    maxLossMs = 5000,
    label = `${hostname()}:${process.pid}`,
  } = options;
  return {
    fetch: options.fetch,
    sink,
    limits: limitsOf(options.limits ?? {}, facts.chunkSize),
    gates: { hub: gates.hub, database: gates.database },
    pressure: options.pressure ?? (() => 0),
    attempts,
    awayAttempts,
    crashLimit,
    patience: Math.min(2, crashLimit - 1),
    leaseMs,
    retryMinDelayMs,
    retryMaxDelayMs: checkMs("retryMaxDelayMs", retryMaxDelayMs, retryMinDelayMs),
    fetchTimeoutMs,
    writeTimeoutMs,
    maxLossMs,
    exitOnComplete: options.exitOnComplete ?? (facts.kind === "range" || facts.kind === "ids"),
    label: label.replaceAll(/\s/g, "_"),
  };
}

function limitsOf(limits: Limits, chunkSize: number): Required<Limits> {
  const { hub = 5, database = 8, requestsPerSecond = 10, buffer = 200, claim = 50 } = limits;
  const usual = requestsPerSecond === Infinity ? 1 : Math.max(1, Math.floor(requestsPerSecond / 100));
  return {
    hub,
    database,
    requestsPerSecond,
    burst: limits.burst ?? usual,
    // With fewer than two chunks one would have to be written before the next can be fetched.
    buffer: Math.max(buffer, 2 * chunkSize),
    claim,
  };
}
