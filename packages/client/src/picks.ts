import { BrokenCircuitError, type Rejection } from "@fleet/breaker";
import { NoTargetError, Router, type RouterOptions, type Ticket } from "@fleet/router";

import type { Call } from "./call.ts";
import type { EndpointTarget } from "./endpoint-target.ts";

type Fallback = "leaving" | "last-resort" | "unreachable";

export type PicksOptions = Pick<RouterOptions<EndpointTarget>, "policy" | "clock" | "random">;

/** Which endpoint a call is led to: one that is fit, and where none is, the least unfit. */
export class Picks {
  readonly router: Router<EndpointTarget>;
  /** Whom a pick may fall back on: nobody, those that are leaving, replicas that were cut off too, those too that cannot be reached. */
  #fallback: "none" | Fallback = "none";
  /** Whom the pick under way refused. */
  #refused: EndpointTarget[] = [];

  constructor(options: PicksOptions) {
    this.router = new Router({
      ...options,
      eligible: (target) => (target.fit || this.#fallsBackOn(target)) && target.admits,
      retryAfterMs: (target) => this.#refusing(target),
    });
  }

  /** @throws NoTargetError, UnknownTargetError, or BrokenCircuitError where every breaker refuses. */
  pick(call: Call): Ticket<EndpointTarget> {
    try {
      return this.router.pick(call.request);
    } catch (error) {
      if (!(error instanceof NoTargetError) || error.reason !== "not-eligible") throw error;
      return this.#pickAgain(call, error);
    }
  }

  /** Told by the router, for each candidate that was refused when nobody is left. */
  #refusing(target: EndpointTarget): number | undefined {
    this.#refused.push(target);
    const state = target.openBreaker?.state;
    return state?.name === "open" ? state.retryAfterMs : undefined;
  }

  #pickAgain(call: Call, error: NoTargetError): Ticket<EndpointTarget> {
    const refused = this.#refused.splice(0);
    const isThere = (target: EndpointTarget): boolean => target.reachable && target.admits;
    if (refused.some((target) => target.leaving && target.standing === "follows" && isThere(target)))
      return this.#pickFrom("leaving", call);
    // For another attempt the endpoint that was asked already, a pause later, is a better choice than a dead one.
    if (call.exclude !== undefined && call.exclude.length > 0) throw error;
    const known = refused.filter(({ standing }) => standing !== "strange");
    if (known.length === 0) throw new NoTargetError(error.requested, "not-following", undefined);
    if (known.some((target) => target.standing === "last-resort" && isThere(target)))
      return this.#pickFrom("last-resort", call);
    // Where every breaker refuses, theirs is the error that says when to come back.
    if (!known.some((target) => target.admits)) throw soonest(known) ?? error;
    return this.#pickFrom("unreachable", call);
  }

  #pickFrom(fallback: Fallback, call: Call): Ticket<EndpointTarget> {
    this.#fallback = fallback;
    try {
      return this.router.pick(call.request);
    } finally {
      this.#fallback = "none";
    }
  }

  #fallsBackOn({ standing, reachable }: EndpointTarget): boolean {
    switch (this.#fallback) {
      case "leaving":
        return reachable && standing === "follows";
      case "last-resort":
        return reachable && standing !== "strange";
      case "unreachable":
        return standing !== "strange";
      default:
        return false;
    }
  }
}

/** The refusal of the breaker that will be asked again first. */
function soonest(refused: readonly EndpointTarget[]): BrokenCircuitError | undefined {
  let first: { readonly name: string; readonly rejection: Rejection } | undefined;
  for (const { breaker, name } of refused) {
    const answer = breaker.tryAcquire();
    // Its time came between the two questions; the next call will be let through.
    if (answer.admitted) answer.ignore();
    else if (first === undefined || answer.retryAfterMs < first.rejection.retryAfterMs)
      first = { name, rejection: answer };
  }
  return first && new BrokenCircuitError(first.name, first.rejection);
}
