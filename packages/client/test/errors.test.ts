import { describe, expect, test } from "vitest";

import * as client from "../src/index.ts";

/** One of each class of errors that a call may end with, and what it says about the command. */
const errors: readonly (readonly [client: Error, outcome: string])[] = [
  [new client.AcquireTimeoutError("p", 1, {}), "not-sent"],
  [new client.AuthenticationError("p", "WRONGPASS"), "not-sent"],
  [new client.BrokenCircuitError("b", { code: "FLEET_BREAKER_OPEN", retryAfterMs: 1 }), "not-sent"],
  [new client.CommandNotAllowedError("BLPOP", "blocking"), "not-sent"],
  [new client.CommandRefusedError("p", "GET", "subscribed"), "not-sent"],
  [new client.CommandTimeoutError("p", "unknown", 1), "unknown"],
  [new client.ConnectionError("p", "lost", "reset", "unknown"), "unknown"],
  [new client.DeadlineError("orders", 1, 1), "unknown"],
  [new client.FleetClosedError(), "not-sent"],
  [new client.ForeignKeyError(), "unknown"],
  [new client.InterruptedBatchError(new Error("reset")), "unknown"],
  [new client.InvalidCommandError("empty", "arity"), "not-sent"],
  [new client.InvalidOptionError("timeoutMs", "a number", '"5"'), "not-sent"],
  [new client.LeaseReleasedError("p"), "not-sent"],
  [new client.MissingCredentialsError("orders", "credentials"), "not-sent"],
  [new client.NoTargetError({ instance: "orders" }, "drain", undefined), "not-sent"],
  [new client.PoolClosedError("p"), "not-sent"],
  [new client.PoolExhaustedError("p", "bound", {}), "not-sent"],
  [new client.ReplyError("WRONGTYPE"), "replied"],
  [new client.ReplyTooLargeError("p", "GET", "maxReplyBytes 1"), "replied"],
  [new client.StartingError(new Error("unknown")), "not-sent"],
  [new client.TooManyKeysError("KEYS"), "replied"],
  [new client.UnfinishedError("FLUSHDB", 1, "7"), "replied"],
  [new client.UnknownTargetError({ instance: "orders" }), "not-sent"],
  [new client.WrongLaneError("WATCH"), "not-sent"],
];

describe("an error that a call ends with says what became of the command", () => {
  test.for(errors)("%s", ([error, outcome]) => {
    expect(error).toMatchObject({ outcome, code: expect.stringMatching(/^FLEET_[A-Z_]+$/) as string });
  });

  test("and there is no other", () => {
    // These end no call, but the making of a fleet or of a namespace.
    const others = ["DiscoveryError", "InvalidInstancesError", "InvalidProjectError"];
    const classes = Object.entries(client)
      .filter(([, value]) => typeof value === "function" && value.prototype instanceof Error)
      .map(([name]) => name);
    expect([...errors.map(([error]) => error.constructor.name), ...others].toSorted()).toEqual(
      classes.toSorted(),
    );
  });
});
