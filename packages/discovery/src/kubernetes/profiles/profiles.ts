import { charts } from "./chart-profiles.ts";
import { operators } from "./operator-profiles.ts";
import { byHand, embedded } from "./other-profiles.ts";
import type { NamedProfile } from "./profile-name.ts";

/**
 * Every convention that is known. The first that recognises a Service has it, so the special stand before the general; of the charts,
 * which share their labels, the first that one Service of the release bears a sign of has them all.
 */
export const profiles: readonly NamedProfile[] = [...operators, ...embedded, ...charts, ...byHand];
