import type { Fleet } from "@fleet/client";

import { NoTargetError, NotPermittedError } from "../errors.ts";
import type { Budget } from "../http/budget.ts";
import type { BodyOptions } from "../http/read-body.ts";
import type { Exchange } from "./exchange.ts";
import type { Scripts } from "./scripts.ts";

/** What the routes stand on. */
export interface Backend {
  readonly fleet: Pick<Fleet, "command" | "batch" | "instances">;
  readonly scripts: Scripts;
  readonly bodyLimitBytes: number;
  readonly maxPipelineCommands: number;
  readonly maxArguments: number;
  /** Of the bodies under way. */
  readonly bodies: Budget;
  /** Of the large answers under way. */
  readonly answers: Budget;
}

/**
 * The instance or group that a request is for: the one its URL names, else its token's own.
 *
 * @throws NotPermittedError when the token may not ask there, whether or not there is such a name.
 */
export function selectorFor(
  { fleet }: Backend,
  { place, token }: Exchange,
): { readonly instance: string } | { readonly group: string } {
  const name = place.target ?? token.defaultTarget;
  if (name === undefined) throw new NoTargetError();
  if (place.target !== undefined && !token.allows(place.target)) throw NotPermittedError.target();
  return fleet.instances.has(name) ? { instance: name } : { group: name };
}

/** A reply of at most so many bytes is answered in one piece. */
export const smallReplyBytes = 65_536;

/** What the arguments of a large body take in the heap beside its bytes: an element of an array and a short string each. */
export const unfoldedBytes = (count: number): number => 40 * count;

/** How the body of a request is read. */
export function bodyOptions({ bodyLimitBytes, bodies }: Backend, { token }: Exchange): BodyOptions {
  return { limitBytes: bodyLimitBytes, budget: bodies, owner: token.name };
}
