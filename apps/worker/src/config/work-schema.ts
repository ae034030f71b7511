import { breakerRules } from "@fleet/breaker";
import type { CircuitBreakerOptions } from "@fleet/breaker";
import { count, ms, setting, settingsFromRules } from "@fleet/settings";
import type { Section } from "@fleet/settings";
import { z } from "zod";

type Written = "consecutiveFailures" | "openMs" | "maxOpenMs" | "halfOpenProbes";

/** Options of the breakers: all that can be written. */
export interface BreakerConfig
  extends
    Required<Pick<CircuitBreakerOptions, Written>>,
    Omit<CircuitBreakerOptions, Written | "name" | "trip" | "restore" | "clock" | "random"> {}

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
  /** Of the hub and of the database. */
  readonly breaker: BreakerConfig;
}

export const workSettings: Section<WorkConfig> = {
  buffer: setting(count(1).default(200), {
    description: "ids claimed and not being written yet",
    takes: "<count>",
    scope: "start",
  }),
  claim: setting(count(1, 1000).default(50), {
    description: "chunks per claim, where nothing speaks for fewer",
    takes: "<count>",
    scope: "start",
  }),
  attempts: setting(count(1).default(5), {
    description: "tries per id before it is a dead letter",
    takes: "<count>",
    scope: "start",
  }),
  awayAttempts: setting(count(0).default(5), {
    description: "tries per id that do not count: the hub or the sink is away; beyond them they count too",
    takes: "<count>",
    scope: "start",
  }),
  crashLimit: setting(count(2).default(4), {
    description: "processes that may die on an id before it is a dead letter",
    takes: "<count>",
    scope: "start",
  }),
  leaseMs: setting(ms(100).default(10_000), {
    description: "how long a claim holds without a word from its worker",
    takes: "<ms>",
    scope: "start",
  }),
  retryMinDelayMs: setting(ms(1).default(1000), {
    description: "the first delay after a failure, doubled by each; random from 0 to that",
    takes: "<ms>",
    scope: "start",
  }),
  retryMaxDelayMs: setting(ms(1).default(60_000), {
    description: "where the doubling ends",
    takes: "<ms>",
    scope: "start",
  }),
  fetchTimeoutMs: setting(ms(1).default(30_000), {
    description: "time for one fetch",
    takes: "<ms>",
    scope: "start",
  }),
  writeTimeoutMs: setting(ms(1).default(30_000), {
    description: "time for one write",
    takes: "<ms>",
    scope: "start",
  }),
  maxLossMs: setting(ms(1).default(5000), {
    description: "how much of the past Redis may lose in a crash without the run being stopped",
    takes: "<ms>",
    scope: "start",
  }),
  breaker: z
    .strictObject(
      settingsFromRules(breakerRules, {
        except: ["name"],
        of: "breaker.",
        scope: "start",
        // One call shows whether the other side is back; that it is slow is for its own deadline to say.
        defaults: { consecutiveFailures: 5, openMs: 1000, maxOpenMs: 30_000, halfOpenProbes: 1 },
        meta: {
          consecutiveFailures: {
            description: "failures in a row with which the breaker of the hub or the database opens",
          },
          openMs: { description: "how long it is open at first, doubled each time" },
          maxOpenMs: { description: "where the doubling ends" },
          probeTimeoutMs: {
            description:
              "when a probe without an outcome has failed; else a second after the time of its call",
            default: undefined,
          },
        },
      }),
    )
    .prefault({}) as unknown as z.ZodType<BreakerConfig>,
};
