import {
  checkOptions,
  complete,
  count,
  duration,
  func,
  hasMethods,
  ms,
  object,
  printed,
  type Rules,
  withDefault,
} from "@fleet/options";
import { backoff } from "@fleet/time";

import { InvalidOptionError } from "../errors.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface RetryPolicyOptions {
  /** Attempts after the first. @default 2 */
  readonly retries?: number;
  /**
   * What the doubling begins with where the fault advises less, in milliseconds: after a lost connection that is 8. The delay itself is
   * random from 0 on. @default 0
   */
  readonly minDelayMs?: number;
  /** The longest delay before the same endpoint is asked again, in milliseconds. @default 512 */
  readonly maxDelayMs?: number;
  /** Shared with everything else that may send a call again. @default a budget of its own */
  readonly budget?: RetryBudget;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

export const retryPolicyRules: Rules<RetryPolicyOptions> = {
  retries: withDefault(2, count(0)),
  minDelayMs: withDefault(0, ms(0)),
  maxDelayMs: withDefault(512, duration),
  budget: object("a RetryBudget", (value) => hasMethods(value, "request", "tryRetry")),
  random: withDefault(Math.random, func),
};

/** An attempt that failed, as far as it matters for another one. */
export interface FailedAttempt {
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** A `read` may be executed twice. */
  readonly access: "read" | "write";
  /** `not-sent`: nothing was executed, provably. `unknown`: it may have been. `replied`: the server answered with an error. */
  readonly outcome: "not-sent" | "unknown" | "replied";
  /** Whether the fault may pass, or may not be met elsewhere. */
  readonly isRecoverable: boolean;
  /** The least sensible delay for this fault, in milliseconds; it doubles with each attempt. */
  readonly delayMs: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** When the call gives up, all attempts together; of the same clock. */
  readonly deadline: number;
  /** Attempts after the first, of this call. @default those of the policy */
  readonly retries?: number;
  /** False where the budget is charged for this fault by another call, or not at all. @default true */
  readonly isCharged?: boolean;
}

/** Leave to try again. */
export interface Retry {
  /**
   * In how many milliseconds the same endpoint may be asked again; another one may be asked at once. Undefined where the deadline comes
   * first: then only another endpoint may be asked.
   */
  readonly afterMs: number | undefined;
}

/**
 * Decides whether a call may be tried again, and when: a read when the fault may pass, a write only when provably nothing was executed;
 * not after the deadline, not more often than `retries`, and not beyond the budget. It waits for nothing and sends nothing.
 */
export class RetryPolicy {
  /** Count the first attempts here: `budget.request()`. */
  readonly budget: RetryBudget;
  readonly #retries: number;
  readonly #minDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #random: () => number;

  /** @throws InvalidOptionError */
  constructor(options: RetryPolicyOptions = {}) {
    checkOptions(options, retryPolicyRules, InvalidOptionError);
    const { retries, minDelayMs, maxDelayMs, budget, random } = complete<RetryPolicyOptions, "budget">(
      options,
      retryPolicyRules,
    );
    if (maxDelayMs < minDelayMs)
      throw new InvalidOptionError("maxDelayMs", `at least minDelayMs (${minDelayMs})`, printed(maxDelayMs));
    this.budget = budget ?? new RetryBudget();
    this.#retries = retries;
    this.#minDelayMs = minDelayMs;
    this.#maxDelayMs = maxDelayMs;
    this.#random = random;
  }

  /** Leave to try again, which takes one retry out of the budget; undefined where the error is final. */
  next(failed: FailedAttempt): Retry | undefined {
    const { attempts, access, outcome, isRecoverable, now, deadline, retries = this.#retries } = failed;
    const isHarmless = access === "read" || outcome === "not-sent";
    // So put that NaN refuses.
    const isWithin = attempts <= retries && now < deadline;
    if (!isRecoverable || !isHarmless || !isWithin) return undefined;
    if (failed.isCharged !== false && !this.budget.tryRetry()) return undefined;
    const minMs = Math.max(this.#minDelayMs, failed.delayMs);
    const bounds = { minMs, maxMs: this.#maxDelayMs, random: this.#random };
    const afterMs = backoff(attempts - 1, bounds);
    return { afterMs: now + afterMs < deadline ? afterMs : undefined };
  }
}
