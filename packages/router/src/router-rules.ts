import { now, func, hasMethods, oneOf, required, type Rule, type Rules, text } from "@fleet/options";

import type { RouterOptions } from "./router-options.ts";
import type { Target, Vacancy } from "./target.ts";

export const routerRules: Rules<RouterOptions<Target>> = {
  policy: {
    kind: "object",
    expected: "a policy with a name and choose(), as leastRequests() makes one",
    fits: (value) => hasMethods(value, "choose") && text.fits((value as { name?: unknown }).name),
  },
  eligible: func,
  rank: func,
  retryAfterMs: func,
  clock: now,
  random: func,
};

const anyText: Rule = { kind: "text", expected: "a string", fits: (value) => typeof value === "string" };

/** What a router reads of a target; a target may have more. */
export const targetRules: Rules<Target> = {
  id: required(anyText),
  instance: required(anyText),
  group: anyText,
  role: required(oneOf("primary", "replica", "unknown")),
  state: required(oneOf("ready", "drain", "maintenance")),
  reads: required(oneOf("primary", "replica", "any")),
};

export const vacancyRules: Rules<Vacancy> = {
  reason: required(oneOf("no-endpoints", "cluster")),
  group: anyText,
};
