import { expect, test } from "vitest";

import { AllTerms } from "../src/overrides.ts";

test("an option that is given as undefined is left out: the fleet's holds, and then the client's default", () => {
  const terms = new AllTerms({
    pool: { reconnectMaxDelayMs: undefined, maxInFlight: 7, exclusive: { max: 2, maxWaiters: 5 } },
    breaker: { openMs: 9, jitter: undefined },
    overrides: {
      orders: {
        pool: { maxInFlight: undefined, exclusive: { max: undefined, maxWaiters: 6 } },
        breaker: { openMs: undefined, halfOpenProbes: 1 },
      },
      carts: { pool: { exclusive: undefined }, breaker: undefined },
    },
  } as object);
  const pool = { reconnectMaxDelayMs: 1000, maxInFlight: 7, commandTimeoutMs: 3000 };
  expect(terms.common.pool).toStrictEqual({ ...pool, exclusive: { max: 2, maxWaiters: 5 } });
  expect(terms.common.breaker).toStrictEqual({ openMs: 9 });
  expect(terms.of("orders").pool).toStrictEqual({ ...pool, exclusive: { max: 2, maxWaiters: 6 } });
  expect(terms.of("orders").breaker).toStrictEqual({ openMs: 9, halfOpenProbes: 1 });
  expect(terms.of("carts").pool).toStrictEqual(terms.common.pool);
  expect(terms.of("carts").breaker).toStrictEqual({ openMs: 9 });
});
