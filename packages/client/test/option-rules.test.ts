import { optionFaults } from "@fleet/testkit";
import { expect, test } from "vitest";

import { sentinelConnectRules } from "../src/endpoints/sentinel-connect.ts";
import { checkFleetOptions, type FleetOptions, fleetRules } from "../src/fleet-options.ts";
import { createFleet, sentinelConnect, type SentinelConnectOptions } from "../src/index.ts";

const trip = { success: () => true, failure: () => false, forget: () => undefined };
const instances = [{ name: "orders", endpoints: [{ host: "127.0.0.1", port: 1 }] }];

test("a fleet refuses whatever an option cannot be, and options that do not exist", () => {
  expect(
    optionFaults(fleetRules, { instances }, (options: FleetOptions) => checkFleetOptions(options)),
  ).toEqual([]);
});

test("a connection to Sentinels refuses them too", () => {
  expect(
    optionFaults(sentinelConnectRules, {}, (options: SentinelConnectOptions) => sentinelConnect(options)),
  ).toEqual([]);
  const wrong = { password: "CANARY" } as SentinelConnectOptions;
  expect(() => sentinelConnect(wrong)).toThrow(/^password must be left out: .*, got a string$/);
});

test.for<[Record<string, unknown>, string]>([
  [{ pool: [] }, "pool must be a record of options, got an array"],
  [{ breaker: [] }, "breaker must be a record of options, got an array"],
  [{ pool: { max: 5 } }, "pool.max must be left out: there is no such option"],
  [{ pool: { exclusive: { max: "5" } } }, 'pool.exclusive.max must be a whole number of at least 1, got "5"'],
  [{ pool: { host: "h" } }, "pool.host must be left out: there is no such option"],
  // A fleet has many circuits, and one of these is for one circuit.
  [{ breaker: { trip } }, "breaker.trip must be left out"],
  [{ breaker: { restore: {} } }, "breaker.restore must be left out"],
  [{ overrides: { orders: { breaker: { trip } } } }, "overrides.orders.breaker.trip must be left out"],
  [{ timeoutMs: 0.5 }, "timeoutMs must be milliseconds from 1 to 2147483647, got 0.5"],
  [{ overrides: { orders: { timeoutMs: 0.5 } } }, "overrides.orders.timeoutMs must be milliseconds from 1"],
  [
    { breaker: { openMS: 5 } },
    "breaker.openMS must be left out: there is no such option, the nearest is openMs",
  ],
  [{ retryBudget: { ratio: "1" } }, 'retryBudget.ratio must be between 0 and 1, got "1"'],
  [{ policy: "random" }, 'policy must be a policy with choose(), as leastRequests() makes one, got "random"'],
  [{ timeout: 5 }, "timeout must be left out: there is no such option, the nearest is timeoutMs"],
  [{ credentials: { password: "CANARY" } }, "credentials must be a function, got an object"],
])("a fleet with %j is not created", async ([options, message]) => {
  await expect(createFleet({ instances, ...options })).rejects.toThrow(message);
});
