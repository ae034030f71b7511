export { breakerRules } from "./breaker-options.ts";
export { CircuitBreaker } from "./circuit-breaker.ts";
export { BrokenCircuitError, InvalidOptionError } from "./errors.ts";
export { RetryBudget, retryBudgetRules } from "./retry/retry-budget.ts";
export { RetryPolicy, retryPolicyRules } from "./retry/retry-policy.ts";

export type { Rules } from "@fleet/options";
export type { Now } from "@fleet/time";
export type { CircuitBreakerOptions } from "./breaker-options.ts";
export type { BreakerState, BreakerStats } from "./breaker-state.ts";
export type { TransitionEvent, TransitionCause } from "./channels.ts";
export type { RunOptions } from "./circuit-breaker.ts";
export type { Permit, Rejection } from "./permit.ts";
export type { RetryBudgetOptions } from "./retry/retry-budget.ts";
export type { FailedAttempt, Retry, RetryPolicyOptions } from "./retry/retry-policy.ts";
export type { BreakerSnapshot } from "./snapshot.ts";
export type { Trip, TripCause } from "./trips/trip.ts";
