import { optionFaults } from "@fleet/testkit";
import { expect, it } from "vitest";

import { breakerRules } from "../src/breaker-options.ts";
import { CircuitBreaker, RetryBudget, RetryPolicy } from "../src/index.ts";
import { retryBudgetRules } from "../src/retry/retry-budget.ts";
import { retryPolicyRules } from "../src/retry/retry-policy.ts";

it("a breaker refuses whatever an option cannot be, and options that do not exist", () => {
  expect(optionFaults(breakerRules, { name: "x" }, (options) => new CircuitBreaker(options))).toEqual([]);
});

it("a retry budget, too", () => {
  expect(optionFaults(retryBudgetRules, {}, (options) => new RetryBudget(options))).toEqual([]);
});

it("and a retry policy", () => {
  expect(optionFaults(retryPolicyRules, {}, (options) => new RetryPolicy(options))).toEqual([]);
});
