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
  return isOfHungServer(error) ? { ...verdict, kind: "infra", countsAsFailure: true } : verdict;
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
