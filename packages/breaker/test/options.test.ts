import { describe, expect, it } from "vitest";

import { CircuitBreaker, InvalidOptionError, RetryBudget } from "../src/index.ts";

describe("options", () => {
  it.each([
    [{ name: "" }, "name must be a non-empty string, got "],
    [{ consecutiveFailures: 0 }, "consecutiveFailures must be a whole number of at least 1, got 0"],
    [{ consecutiveFailures: 2.5 }, "consecutiveFailures must be a whole number of at least 1, got 2.5"],
    [{ halfOpenProbes: -1 }, "halfOpenProbes must be a whole number of at least 1, got -1"],
    [{ openMs: 0 }, "openMs must be a finite number of milliseconds above 0, got 0"],
    [{ openMs: Number.NaN }, "openMs must be a finite number of milliseconds above 0, got NaN"],
    [
      { probeTimeoutMs: Infinity },
      "probeTimeoutMs must be a finite number of milliseconds above 0, got Infinity",
    ],
    [{ openMs: 500, maxOpenMs: 499 }, "maxOpenMs must be finite and at least openMs (500), got 499"],
    [{ jitter: 1 }, "jitter must be at least 0 and below 1, got 1"],
    [{ jitter: -0.1 }, "jitter must be at least 0 and below 1, got -0.1"],
  ])("refuses %o and prints the value", (options, message) => {
    const build = (): unknown => new CircuitBreaker({ name: "orders", ...options });
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ code: "FLEET_BREAKER_INVALID_OPTION" }));
  });

  it.each([
    [{ ratio: 1.1 }, "ratio must be between 0 and 1, got 1.1"],
    [{ ratio: Number.NaN }, "ratio must be between 0 and 1, got NaN"],
    [{ reserve: -1 }, "reserve must be a whole number of at least 0, got -1"],
    [{ windowMs: 0 }, "windowMs must be a finite number of milliseconds above 0, got 0"],
  ])("refuses the budget %o and prints the value", (options, message) => {
    expect(() => new RetryBudget(options)).toThrow(message);
  });
});
