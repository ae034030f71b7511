import { BrokenCircuitError, type Rejection } from "@fleet/breaker";
import { NoTargetError, Router, type RouterOptions, type Ticket } from "@fleet/router";

import type { EndpointTarget } from "../endpoints/endpoint-target.ts";
import type { Call } from "./call.ts";

export type PicksOptions = Pick<RouterOptions<EndpointTarget>, "policy" | "clock" | "random">;

/** Leads calls to endpoints, and says of a call that none may take what keeps it from them. */
export class Picks {
  readonly router: Router<EndpointTarget>;
  /** The endpoints that the pick under way refused. */
  #refused: EndpointTarget[] = [];

  constructor(options: PicksOptions) {
    this.router = new Router({
      ...options,
      // A replica of a stranger has the data of other callers.
      eligible: ({ standing, admits }) => standing !== "strange" && admits,
      rank: ({ rank }) => rank,
      retryAfterMs: (target) => this.#refusing(target),
    });
  }

  /** @throws NoTargetError, UnknownTargetError, or BrokenCircuitError where every breaker refuses. */
  pick(call: Call): Ticket<EndpointTarget> {
    try {
      return this.router.pick(call.request);
    } catch (error) {
      const refused = this.#refused.splice(0);
      if (!(error instanceof NoTargetError) || error.reason !== "not-eligible") throw error;
      // Another attempt only looked for an endpoint that is better than the one that was asked.
      if (call.worstRank !== undefined) throw error;
      const why = whyRefused(refused, error);
      if (why !== undefined) throw why;
    }
    // The time of a breaker came between two looks at the clock: it lets the call pass now.
    try {
      return this.router.pick(call.request);
    } finally {
      this.#refused.length = 0;
    }
  }

  /** Called by the router for each candidate that was refused, once none is left. */
  #refusing(target: EndpointTarget): number | undefined {
    this.#refused.push(target);
    const state = target.openBreaker?.state;
    return state?.name === "open" ? state.retryAfterMs : undefined;
  }
}

/** What says more than "not eligible"; undefined where an endpoint would not be refused any more. */
function whyRefused(refused: readonly EndpointTarget[], { requested }: NoTargetError): Error | undefined {
  const known = refused.filter(({ standing }) => standing !== "strange");
  if (known.length === 0) return new NoTargetError(requested, "not-following", undefined);
  // Where every breaker refuses, theirs is the error that says when to come back.
  return known.some(({ admits }) => admits) ? undefined : soonest(known);
}

/** The refusal of the breaker that will be asked again first; undefined where the time of one has come. */
function soonest(refused: readonly EndpointTarget[]): BrokenCircuitError | undefined {
  let first: { readonly target: EndpointTarget; readonly rejection: Rejection } | undefined;
  for (const target of refused) {
    const answer = target.breaker.tryAcquire();
    if (answer.admitted) {
      answer.ignore();
      return undefined;
    }
    if (first === undefined || answer.retryAfterMs < first.rejection.retryAfterMs)
      first = { target, rejection: answer };
  }
  return first && new BrokenCircuitError(first.target.name, first.rejection, first.target.failure);
}
