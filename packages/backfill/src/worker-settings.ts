import { hostname } from "node:os";

import { checkCount, checkFunction, checkMs, checkText } from "./check-option.ts";
import { InvalidOptionError } from "./errors.ts";
import type { Facts } from "./facts.ts";
import type { Gate } from "./gate.ts";
import type { Fetch, Sink } from "./sink.ts";
import type { Limits, WorkerOptions } from "./worker-options.ts";

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
  checkFunction("sink.write", (sink as Partial<Sink<T>> | undefined)?.write);
  return {
    fetch: checkFunction("fetch", options.fetch),
    sink,
    limits: limitsOf(options.limits ?? {}, facts.chunkSize),
    gates: { hub: checkGate("gates.hub", gates.hub), database: checkGate("gates.database", gates.database) },
    pressure: checkFunction("pressure", options.pressure ?? (() => 0)),
    attempts: checkCount("attempts", attempts, 1),
    awayAttempts: checkCount("awayAttempts", awayAttempts, 0),
    crashLimit: checkCount("crashLimit", crashLimit, 2),
    patience: Math.min(2, crashLimit - 1),
    leaseMs: checkMs("leaseMs", leaseMs, 100),
    retryMinDelayMs: checkMs("retryMinDelayMs", retryMinDelayMs),
    retryMaxDelayMs: checkMs("retryMaxDelayMs", retryMaxDelayMs, retryMinDelayMs),
    fetchTimeoutMs: checkMs("fetchTimeoutMs", fetchTimeoutMs),
    writeTimeoutMs: checkMs("writeTimeoutMs", writeTimeoutMs),
    maxLossMs: checkMs("maxLossMs", maxLossMs),
    exitOnComplete: options.exitOnComplete ?? (facts.kind === "range" || facts.kind === "ids"),
    label: checkText("label", label).replaceAll(/\s/g, "_"),
  };
}

function limitsOf(limits: Limits, chunkSize: number): Required<Limits> {
  const { hub = 5, database = 8, requestsPerSecond = 10, buffer = 200, claim = 50 } = limits;
  if (!(requestsPerSecond > 0))
    throw new InvalidOptionError("requestsPerSecond", requestsPerSecond, "a number above 0, or Infinity");
  const usual = requestsPerSecond === Infinity ? 1 : Math.max(1, Math.floor(requestsPerSecond / 100));
  return {
    hub: checkCount("hub", hub, 1),
    database: checkCount("database", database, 1),
    requestsPerSecond,
    burst: checkCount("burst", limits.burst ?? usual, 1),
    // With fewer than two chunks one would have to be written before the next can be fetched.
    buffer: Math.max(checkCount("buffer", buffer, 1), 2 * chunkSize),
    claim: checkCount("claim", claim, 1, 1000),
  };
}

function checkGate(option: string, gate: Gate | undefined): Gate | undefined {
  if (gate === undefined) return undefined;
  if (typeof gate.allows !== "function" || typeof gate.tryAcquire !== "function")
    throw new InvalidOptionError(option, gate, "a breaker with allows() and tryAcquire()");
  return gate;
}
