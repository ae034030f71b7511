import { BrokenCircuitError } from "@fleet/breaker";
import { seededRandom } from "@fleet/testkit";
import { expect, test } from "vitest";

import { EndpointTarget } from "../../src/endpoints/endpoint-target.ts";
import { AllTerms } from "../../src/overrides.ts";
import { Call } from "../../src/walk/call.ts";
import { Picks } from "../../src/walk/picks.ts";
import { endpoint, instance } from "../hand-source.ts";

const openMs = 1000;

/** A fleet of one endpoint whose breaker is open, and whose clock reaches the end of that at the n-th look. */
function opened(looks: number): { readonly picks: Picks; readonly target: EndpointTarget } {
  let left = Number.POSITIVE_INFINITY;
  const clock = {
    now: () => ((left -= 1) >= 0 ? 0 : openMs),
    setTimeout: () => undefined,
    clearTimeout: () => undefined,
  };
  const random = seededRandom(1);
  const picks = new Picks({ clock, random });
  const target = new EndpointTarget(instance("orders", []), endpoint({ host: "10.0.0.1", port: 6379 }), {
    terms: new AllTerms({ breaker: { openMs, jitter: 0 } }),
    credentials: undefined,
    certificates: undefined,
    addressMap: undefined,
    clock,
    random,
    opened: () => undefined,
  });
  picks.router.update([target]);
  while (target.breaker.allows()) {
    const permit = target.breaker.tryAcquire();
    if (permit.admitted) permit.failure();
  }
  left = looks;
  return { picks, target };
}

test.for(Array.from({ length: 12 }, (_, looks) => looks))(
  "a breaker whose time comes at look %i refuses with its own error, or lets the call pass",
  (looks) => {
    const { picks, target } = opened(looks);
    const call = new Call({ instance: "orders" }, "read", 0, 1000, undefined, undefined);
    const outcome = (): unknown => {
      try {
        return picks.pick(call).target;
      } catch (error) {
        return error instanceof BrokenCircuitError ? "refused by the breaker" : error;
      }
    };
    expect([target, "refused by the breaker"]).toContain(outcome());
  },
);
