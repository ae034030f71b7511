import type { Discovery } from "@fleet/discovery";
import type { Clock } from "@fleet/time";

import type { AllTerms } from "./overrides.ts";
import type { Targets } from "./targets.ts";
import type { Walk } from "./walk/walk.ts";

/** What createFleet() has put together. */
export interface FleetParts {
  readonly discovery: Discovery;
  readonly started: Promise<void>;
  readonly targets: Targets;
  readonly walk: Walk;
  readonly clock: Clock;
  readonly terms: AllTerms;
  readonly graceMs: number;
  /** Undefined where projects have no users of their own. */
  readonly acl: unknown;
  /** Aborted once the calls under way have had their grace. */
  readonly closing: AbortController;
}
