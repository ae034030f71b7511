import { AcquireTimeoutError } from "@fleet/pool";
import { type Classification, classify } from "@fleet/pool/ioredis";

import { DeadlineError } from "../errors.ts";
import type { Call } from "./call.ts";

/** The caller aborted the call, which says nothing about the server. */
const cancelled: Classification = {
  kind: "cancelled",
  recoverable: false,
  countsAsFailure: false,
  retryDelayMs: 0,
  outcome: "unknown",
};

/** What the error of an attempt means: `classify()`, and what only the call knows. */
export function verdictOf(call: Call, error: unknown): Classification {
  if (call.cancelled(error)) return cancelled;
  const verdict = classify(error);
  if (isOfUser(call, verdict) || isOfCaller(call, error, verdict))
    return { ...verdict, countsAsFailure: false };
  return isOfHungServer(error) ? { ...verdict, kind: "infra", countsAsFailure: true } : verdict;
}

/**
 * Whether only the project's own user or connection is in trouble: the server lets the user not in, or has cut its connection (for what it
 * asked for, maybe), and the fleet's connection to the same server stands.
 */
function isOfUser({ project, target }: Call, { kind }: Classification): boolean {
  if (project === undefined || target?.openUsers === undefined) return false;
  return kind === "configuration" || (kind === "infra" && target.openPool?.shared.state === "ready");
}

/**
 * Whether the failure says nothing about the endpoint to other callers: the answer to a script, which may be worded in any way; a script
 * of any caller that runs too long; a command that took longer than its time while the endpoint went on to answer other calls.
 */
function isOfCaller(call: Call, error: unknown, { outcome }: Classification): boolean {
  const { target, command, attemptedAt, deadline = call.giveUpAt } = call;
  if (outcome === "replied") {
    if (command !== undefined && /^(?:EVAL|FCALL)/i.test(command)) return true;
    // Reads have other endpoints than a replica that is busy, and its open circuit leads them there.
    return isBusy(error) && target?.role !== "replica";
  }
  if ((error as { readonly code?: unknown }).code !== "FLEET_POOL_COMMAND_TIMEOUT") return false;
  if (call.isHeavy === true) return true;
  // Within the second half of the time: one that hangs has answered others when this call had just begun.
  return target !== undefined && target.answeredAt > (attemptedAt + deadline) / 2;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /^(?:BUSY|UNKILLABLE) /.test(error.message);
}

/**
 * Whether the server hangs: the time was used up by commands without an answer, or, while no connection was leased, by a dial or by the
 * test of an idle connection.
 */
function isOfHungServer(error: unknown): boolean {
  if (error instanceof DeadlineError) return error.unanswered > 0;
  if (!(error instanceof AcquireTimeoutError) || error.cause !== undefined) return false;
  const { dialing = 0, leased = 0, resetting = 0 } = error.facts;
  return leased === 0 && dialing + resetting > 0;
}
