import { type Section, setting } from "./setting.ts";
import { count, ms } from "./values.ts";

/** How much is claimed at a time, and what is done when something fails. */
export interface WorkConfig {
  readonly buffer: number;
  readonly claim: number;
  readonly attempts: number;
  readonly awayAttempts: number;
  readonly crashLimit: number;
  readonly leaseMs: number;
  readonly retryMinDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly fetchTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly maxLossMs: number;
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerMaxOpenMs: number;
}

export const workSettings: Section<WorkConfig> = {
  buffer: setting(count(1).default(200), "start", "number <count>", "ids claimed and not being written yet"),
  claim: setting(
    count(1, 1000).default(50),
    "start",
    "number <count>",
    "chunks per claim, where nothing speaks for fewer",
  ),
  attempts: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "tries per id before it is a dead letter",
  ),
  awayAttempts: setting(
    count(0).default(5),
    "start",
    "number <count>",
    "tries per id that do not count: the hub or the sink is away; beyond them they count too",
  ),
  crashLimit: setting(
    count(2).default(4),
    "start",
    "number <count>",
    "processes that may die on an id before it is a dead letter",
  ),
  leaseMs: setting(
    ms(100).default(10_000),
    "start",
    "number <ms>",
    "how long a claim holds without a word from its worker",
  ),
  retryMinDelayMs: setting(
    ms(1).default(1000),
    "start",
    "number <ms>",
    "the first delay after a failure, doubled by each; random from 0 to that",
  ),
  retryMaxDelayMs: setting(ms(1).default(60_000), "start", "number <ms>", "where the doubling ends"),
  fetchTimeoutMs: setting(ms(1).default(30_000), "start", "number <ms>", "time for one fetch"),
  writeTimeoutMs: setting(ms(1).default(30_000), "start", "number <ms>", "time for one write"),
  maxLossMs: setting(
    ms(1).default(5000),
    "start",
    "number <ms>",
    "how much of the past Redis may lose in a crash without the run being stopped",
  ),
  breakerFailures: setting(
    count(1).default(5),
    "start",
    "number <count>",
    "failures in a row with which the breaker of the hub or the database opens",
  ),
  breakerOpenMs: setting(
    ms(1).default(1000),
    "start",
    "number <ms>",
    "how long it is open at first, doubled each time",
  ),
  breakerMaxOpenMs: setting(ms(1).default(30_000), "start", "number <ms>", "where the doubling ends"),
};
