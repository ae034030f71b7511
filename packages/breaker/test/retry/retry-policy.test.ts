import { FakeClock } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type FailedAttempt, RetryBudget, RetryPolicy } from "../../src/index.ts";

const read: FailedAttempt = {
  attempts: 1,
  access: "read",
  outcome: "unknown",
  isRecoverable: true,
  delayMs: 8,
  now: 1000,
  deadline: 4000,
};

function policy(options: ConstructorParameters<typeof RetryPolicy>[0] = {}): RetryPolicy {
  return new RetryPolicy({
    random: () => 0.5,
    budget: new RetryBudget({ clock: new FakeClock() }),
    ...options,
  });
}

const failed: fc.Arbitrary<FailedAttempt> = fc.record({
  attempts: fc.integer({ min: 1, max: 12 }),
  access: fc.constantFrom("read" as const, "write" as const),
  outcome: fc.constantFrom("not-sent" as const, "unknown" as const, "replied" as const),
  isRecoverable: fc.boolean(),
  delayMs: fc.double({ min: 0, max: 2000, noNaN: true }),
  now: fc.double({ min: 0, max: 10_000, noNaN: true }),
  deadline: fc.double({ min: 0, max: 10_000, noNaN: true }),
  isCharged: fc.boolean(),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("a call is tried again", () => {
  it("when it was a read, and the fault may pass", () => {
    expect(policy().next(read)).toEqual({ afterMs: 4 });
    expect(policy().next({ ...read, isRecoverable: false })).toBeUndefined();
  });

  it("after a delay that doubles up to a bound, with jitter", () => {
    const delays = [1, 2, 3, 9].map(
      (attempts) => policy({ retries: 10 }).next({ ...read, attempts })?.afterMs,
    );
    expect(delays).toEqual([4, 8, 16, 256]);
    expect(policy({ maxDelayMs: 6 }).next(read)).toEqual({ afterMs: 3 });
  });

  it("as often as the policy says, or as the call does", () => {
    const attempts = (retries?: number): number[] =>
      [1, 2, 3, 4].filter((each) =>
        policy().next({ ...read, attempts: each, ...(retries !== undefined && { retries }) }),
      );
    expect([attempts(), attempts(0), attempts(3)]).toEqual([[1, 2], [], [1, 2, 3]]);
  });

  it("elsewhere only, where the delay would outlast the deadline", () => {
    expect(policy().next({ ...read, delayMs: 500, deadline: 1250 })).toEqual({ afterMs: undefined });
    expect(policy().next({ ...read, delayMs: 500, deadline: 1251 })).toEqual({ afterMs: 250 });
  });

  it("free of charge where the fault is that of another call too", () => {
    const budget = new RetryBudget({ ratio: 0, reserve: 1, clock: new FakeClock() });
    const poor = policy({ budget });
    expect([budget.tokens, poor.next({ ...read, isCharged: false }), budget.tokens]).toEqual([
      1,
      { afterMs: 4 },
      1,
    ]);
    expect([poor.next(read), budget.tokens, poor.next(read)]).toEqual([{ afterMs: 4 }, 0, undefined]);
  });
});

describe("a call is never tried again", () => {
  it("when it may have been executed and is no read", () => {
    fc.assert(
      fc.property(failed, random, (attempt, drawn) => {
        const mayBeExecuted = attempt.access === "write" && attempt.outcome !== "not-sent";
        const retry = policy({ retries: 10, random: () => drawn }).next(attempt);
        expect(mayBeExecuted && retry !== undefined).toBe(false);
      }),
    );
  });

  it("at or after its deadline", () => {
    fc.assert(
      fc.property(failed, random, (attempt, drawn) => {
        const retry = policy({ retries: 10, random: () => drawn }).next(attempt);
        const begins = retry === undefined ? attempt.now : attempt.now + (retry.afterMs ?? 0);
        expect(retry !== undefined && begins >= attempt.deadline).toBe(false);
      }),
    );
  });

  it("beyond the budget, which a refused one is not charged for", () => {
    fc.assert(
      fc.property(fc.array(failed), fc.nat(5), (attempts, reserve) => {
        const budget = new RetryBudget({ ratio: 0, reserve, clock: new FakeClock() });
        const shared = policy({ retries: 10, budget });
        const charged = attempts.filter(
          (attempt) => shared.next(attempt) !== undefined && attempt.isCharged !== false,
        );
        expect([charged.length <= reserve, budget.tokens]).toEqual([true, reserve - charged.length]);
      }),
    );
  });

  it.each<[string, Partial<FailedAttempt>]>([
    ["a time that is no number", { now: Number.NaN }],
    ["a deadline that is no number", { deadline: Number.NaN }],
    ["a count that is no number", { attempts: Number.NaN }],
    ["an access that does not exist", { access: "delete" as never }],
    ["an outcome that does not exist", { access: "write", outcome: "lost" as never }],
  ])("for %s", (_, wrong) => {
    expect(policy().next({ ...read, ...wrong })).toBeUndefined();
  });
});

it("the least delay counts where the fault advises less, and must fit below the longest", () => {
  const patient = new RetryPolicy({ minDelayMs: 100, maxDelayMs: 300, random: () => 0.5 });
  const afterMs = (attempts: number, delayMs: number): number | undefined =>
    patient.next({
      attempts,
      access: "read",
      outcome: "unknown",
      isRecoverable: true,
      delayMs,
      now: 0,
      deadline: 10_000,
    })?.afterMs;
  expect([afterMs(1, 8), afterMs(2, 8), afterMs(1, 250)]).toEqual([50, 100, 125]);
  expect(() => new RetryPolicy({ minDelayMs: 600 })).toThrow(
    "maxDelayMs must be at least minDelayMs (600), got 512",
  );
});
