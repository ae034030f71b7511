import {
  count,
  flag,
  func,
  hasMethods,
  ms,
  number,
  object,
  record,
  required,
  type Rule,
  type Rules,
  text,
  withDefault,
} from "@fleet/options";

import type { Limits, WorkerOptions } from "./worker-options.ts";

export const limitRules: Rules<Limits> = {
  hub: withDefault(5, count(1)),
  database: withDefault(8, count(1)),
  requestsPerSecond: withDefault(
    10,
    number("a number above 0, or Infinity", (value) => value > 0),
  ),
  burst: count(1),
  buffer: withDefault(200, count(1)),
  claim: withDefault(50, count(1, 1000)),
};

const gate: Rule = object("a breaker with allows() and tryAcquire()", (value) =>
  hasMethods(value, "allows", "tryAcquire"),
);

export const workerRules: Rules<WorkerOptions<unknown>> = {
  fetch: required(func),
  sink: required(object("a sink with write()", (value) => hasMethods(value, "write"))),
  limits: withDefault({}, record(limitRules)),
  gates: withDefault({}, record({ hub: gate, database: gate })),
  pressure: withDefault(() => 0, func),
  attempts: withDefault(5, count(1)),
  awayAttempts: withDefault(5, count(0)),
  crashLimit: withDefault(4, count(2)),
  leaseMs: withDefault(10_000, ms(100)),
  retryMinDelayMs: withDefault(1000, ms()),
  retryMaxDelayMs: withDefault(60_000, ms()),
  fetchTimeoutMs: withDefault(30_000, ms()),
  writeTimeoutMs: withDefault(30_000, ms()),
  maxLossMs: withDefault(5000, ms()),
  exitOnComplete: flag,
  label: text,
};
