import type { Fleet } from "@fleet/client";

import { NoTargetError, NotPermittedError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Scripts } from "./scripts.ts";

/** What the routes stand on. */
export interface Backend {
  readonly fleet: Pick<Fleet, "command" | "batch" | "instances">;
  readonly scripts: Scripts;
  readonly bodyLimitBytes: number;
  readonly maxPipelineCommands: number;
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
