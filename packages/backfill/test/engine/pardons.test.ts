import { describe, expect, test } from "vitest";

import { isAway } from "../../src/engine/away.ts";
import { Pardons } from "../../src/engine/pardons.ts";
import { AwayError, CallTimeoutError, LimitedError, PermanentError } from "../../src/errors.ts";

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error("x", { cause }), { code });

describe("an error", () => {
  test.for<[string, unknown]>([
    ["AwayError", new AwayError("gone")],
    ["a call's deadline", new CallTimeoutError("fetch", 50)],
    ["a request to come back later", new LimitedError(50)],
    ["isAway of its own", Object.assign(new Error("x"), { isAway: true })],
    ["a refused connection", coded("ECONNREFUSED")],
    ["what fetch makes of it", new TypeError("fetch failed", { cause: coded("UND_ERR_SOCKET") })],
    ["an address for each family", new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")])],
    ["a cause of a cause", new Error("x", { cause: coded("HUB", coded("ECONNRESET")) })],
  ])("of %s says that the other side is away", ([, error]) => {
    expect(isAway(error)).toBe(true);
  });

  const itself = new Error("a circle");
  itself.cause = itself;
  test.for<[string, unknown]>([
    ["any kind", new Error("ECONNREFUSED")],
    ["PermanentError", new PermanentError("never")],
    ["a code of its own", coded("23505")],
    ["a circle", itself],
    ["no object", "away"],
    ["nothing", undefined],
  ])("of %s is an answer", ([, error]) => {
    expect(isAway(error)).toBe(false);
  });
});

describe("a failure of a side that is away is pardoned", () => {
  test("so many times and no more", () => {
    const pardons = new Pardons(3);
    expect([0, 1, 2, 3, 4].map((before) => pardons.grant("a", before))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test("not when others were answered since its last failure", () => {
    const pardons = new Pardons(10);
    pardons.answered();
    expect(pardons.grant("a", 0)).toBe(true);
    pardons.answered();
    expect(pardons.grant("a", 1)).toBe(false);
  });

  test("nor from then on, while no other fails like it", () => {
    const pardons = new Pardons(10);
    pardons.grant("a", 0);
    pardons.answered();
    expect([1, 1, 1].map((before) => pardons.grant("a", before))).toEqual([false, false, false]);
    expect(pardons.grant("b", 0)).toBe(true);
    expect(pardons.grant("a", 1)).toBe(true);
  });
});
