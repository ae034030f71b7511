import type { Now } from "@fleet/time";

import type { RoutingPolicy } from "./routing-policy.ts";
import type { Target } from "./target.ts";

export interface RouterOptions<T extends Target> {
  /** The strategy. @default leastRequests() */
  readonly policy?: RoutingPolicy;
  /** Asked per candidate during a pick: may it take a call now (breaker, health)? @default every target */
  readonly eligible?: (target: T) => boolean;
  /**
   * Asked per eligible candidate during a pick: the tier that it is in now. The policy chooses among the candidates of the lowest
   * rank; one of a higher rank is chosen only while no lower one is usable. A number of at least 0, Infinity included.
   * @default 0 for every target
   */
  readonly rank?: (target: T) => number;
  /** Asked for refused targets when nothing is left: in how many ms may it take a call again? @default unknown */
  readonly retryAfterMs?: (target: T) => number | undefined;
  /** Monotonic milliseconds. @default performance.now */
  readonly clock?: Now;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}
