import { OptionError } from "@fleet/options";

import type { Vacancy } from "./target.ts";

/**
 * Why no target of a known name can be picked. `not-following` is found by the caller of a router, which knows the data of its targets:
 * only replicas are left that follow no primary, or another one.
 */
export type NoTargetReason = Refusal | "not-following";

/** What the router itself finds. */
export type Refusal =
  | "drain"
  | "maintenance"
  | "no-primary"
  | "not-eligible"
  | "excluded"
  | Vacancy["reason"];

/** What was asked for, as errors and messages print it. */
export type Requested = { readonly instance: string } | { readonly group: string };

/** Nothing is known under this name: a wrong name, not an outage (HTTP 404). */
export class UnknownTargetError extends Error {
  override readonly name = "UnknownTargetError";
  /**
   * @retry no
   * @remedy Correct the name; `requested` has it.
   */
  readonly code = "FLEET_ROUTER_UNKNOWN_TARGET";
  readonly outcome = "not-sent";
  readonly requested: Requested;

  constructor(requested: Requested) {
    super(`No ${printed(requested)} is known`);
    this.requested = requested;
  }
}

/** The name is known, but nothing behind it may take the call now (HTTP 503). */
export class NoTargetError extends Error {
  override readonly name = "NoTargetError";
  /**
   * @retry after `retryAfterMs`, or when `reason` has passed
   * @remedy Look at `reason`: an operator drains the targets, no primary is known, or every target has refused.
   */
  readonly code = "FLEET_ROUTER_NO_TARGET";
  readonly outcome = "not-sent";
  readonly requested: Requested;
  readonly reason: NoTargetReason;
  /** The shortest wait that the router's `retryAfterMs` option gave for a refused target; undefined when unknown. */
  readonly retryAfterMs: number | undefined;

  constructor(requested: Requested, reason: NoTargetReason, retryAfterMs: number | undefined) {
    super(`No target of ${printed(requested)} can be picked: ${reason}`);
    this.requested = requested;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An option or argument has a value that cannot work; the message names it, what was expected and the value. */
export class InvalidOptionError extends OptionError {
  /**
   * @retry no
   * @remedy Correct the option or the request that the message names: each target needs an id of its own, and a
   *   request names an instance or a group, not both.
   */
  readonly code = "FLEET_ROUTER_INVALID_OPTION";
  readonly outcome = "not-sent";
}

function printed(requested: Requested): string {
  return "instance" in requested ? `instance "${requested.instance}"` : `group "${requested.group}"`;
}
