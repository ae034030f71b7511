import type { Classification } from "@fleet/pool/ioredis";
import type { Roles } from "@fleet/topology";

import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Call } from "./call.ts";
import { isReadonly } from "./readonly-error.ts";
import { verdictOf } from "./verdict.ts";

/** What a failed attempt means for the next one. */
export interface Settled {
  readonly verdict: Classification;
  readonly target: EndpointTarget;
  /** The attempt fell with others, of which one is counted for all. */
  readonly isShared: boolean;
  /** Of an attempt that was refused with READONLY: resolves once the primary is known, or every endpoint has been asked. */
  readonly asked: Promise<void> | undefined;
}

/** The attempt under way was answered. */
export function settleAnswered(call: Call, now: number): void {
  call.permit?.success();
  if (call.target !== undefined) call.target.answeredAt = now;
  release(call);
}

/**
 * The attempt under way failed: gives permit and ticket the outcome, and the roles the news. Undefined where no endpoint was asked: a
 * name that is not known, a breaker that refuses, credentials that cannot be resolved.
 */
export function settleFailed(
  call: Call,
  error: unknown,
  now: number,
  roles: Pick<Roles<EndpointTarget>, "refused" | "doubted">,
): Settled | undefined {
  const { permit, ticket, target } = call;
  if (permit === undefined || target === undefined) {
    release(call);
    return undefined;
  }
  const verdict = verdictOf(call, error);
  let isShared = false;
  if (verdict.countsAsFailure) {
    isShared = isLoss(error) && !target.lost(now, call.attemptedAt);
    if (isShared) permit.ignore();
    else permit.failure();
    target.failed(now, error);
    ticket?.failed();
    if (target.role !== "replica") roles.doubted(target);
  } else if (verdict.outcome === "replied") {
    permit.success();
    target.answeredAt = now;
  } else permit.ignore();
  release(call);
  return { verdict, target, isShared, asked: isReadonly(error) ? roles.refused(target) : undefined };
}

/** Gives the ticket back, whatever became of the attempt. */
export function release(call: Call): void {
  const { ticket, target } = call;
  if (ticket === undefined || target === undefined) return;
  target.inFlight -= 1;
  ticket[Symbol.dispose]();
  call.ticket = undefined;
  call.permit = undefined;
}

const losses: ReadonlySet<unknown> = new Set([
  "FLEET_POOL_CONNECTION_LOST",
  "FLEET_POOL_CONNECT_FAILED",
  "FLEET_POOL_AUTHENTICATION",
]);

/** Whether it is the end of a connection, or of a dial, that all calls on it see. */
function isLoss(error: unknown): boolean {
  return losses.has((error as { readonly code?: unknown }).code);
}
