import { hostname } from "node:os";

import { checkOption, checkOptions, complete, ms } from "@fleet/options";

import { InvalidOptionError } from "../errors.ts";
import type { RunDefinition } from "../protocol/definition.ts";
import type { Fetch, Sink } from "../sink.ts";
import type { Gate } from "./gate.ts";
import type { Limits, WorkerOptions } from "./worker-options.ts";
import { limitRules, workerRules } from "./worker-rules.ts";

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
  /** Crashes of its holders until a chunk is worked through one id at a time: the first was most likely that of a machine. */
  readonly suspectAfter: number;
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
export function workerSettingsOf<T>(options: WorkerOptions<T>, definition: RunDefinition): WorkerSettings<T> {
  checkOptions(options, workerRules, InvalidOptionError);
  const settings = complete<WorkerOptions<T>, "label" | "exitOnComplete">(options, workerRules);
  const { gates, crashLimit, retryMinDelayMs, retryMaxDelayMs } = settings;
  checkOption("retryMaxDelayMs", retryMaxDelayMs, ms(retryMinDelayMs), InvalidOptionError);
  return {
    ...settings,
    limits: limitsOf(settings.limits, definition.chunkSize),
    gates: { hub: gates.hub, database: gates.database },
    suspectAfter: Math.min(2, crashLimit - 1),
    exitOnComplete: settings.exitOnComplete ?? (definition.kind === "range" || definition.kind === "ids"),
    label: (settings.label ?? `${hostname()}:${process.pid}`).replaceAll(/\s/g, "_"),
  };
}

function limitsOf(limits: Limits, chunkSize: number): Required<Limits> {
  const { buffer, burst, ...rest } = complete<Limits, "burst">(limits, limitRules);
  const { requestsPerSecond } = rest;
  const usual = requestsPerSecond === Infinity ? 1 : Math.max(1, Math.floor(requestsPerSecond / 100));
  return {
    ...rest,
    burst: burst ?? usual,
    // With fewer than two chunks one would have to be written before the next can be fetched.
    buffer: Math.max(buffer, 2 * chunkSize),
  };
}
