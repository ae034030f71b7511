import {
  count,
  flag,
  func,
  hasMethods,
  ms,
  record,
  required,
  type Rule,
  type Rules,
  text,
} from "../check-options.ts";
import type { Limits, WorkerOptions } from "./worker-options.ts";

const limitRules: Rules<Limits> = {
  hub: count(1),
  database: count(1),
  requestsPerSecond: {
    expected: "a number above 0, or Infinity",
    fits: (value) => typeof value === "number" && value > 0,
  },
  burst: count(1),
  buffer: count(1),
  claim: count(1, 1000),
};

const gate: Rule = {
  expected: "a breaker with allows() and tryAcquire()",
  fits: (value) => hasMethods(value, "allows", "tryAcquire"),
};

export const workerRules: Rules<WorkerOptions<unknown>> = {
  fetch: required(func),
  sink: required({ expected: "a sink with write()", fits: (value) => hasMethods(value, "write") }),
  limits: record(limitRules),
  gates: record({ hub: gate, database: gate }),
  pressure: func,
  attempts: count(1),
  awayAttempts: count(0),
  crashLimit: count(2),
  leaseMs: ms(100),
  retryMinDelayMs: ms(),
  retryMaxDelayMs: ms(),
  fetchTimeoutMs: ms(),
  writeTimeoutMs: ms(),
  maxLossMs: ms(),
  exitOnComplete: flag,
  label: text,
};
