import { FakeClock, seededRandom } from "@fleet/testkit";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RetryBudget } from "../../src/index.ts";

/** A clock that may be moved without a turn of the event loop: these tests make millions of steps. */
class Hand {
  #now = 1_000_000;
  now(): number {
    return this.#now;
  }
  move(ms: number): void {
    this.#now += ms;
  }
}

describe("the retry budget", () => {
  it("grants its reserve to a quiet caller, and no more", () => {
    const budget = new RetryBudget({ clock: new FakeClock() });
    const granted = Array.from({ length: 15 }, () => budget.tryRetry()).filter(Boolean);
    expect(granted).toHaveLength(10);
    expect(budget.tokens).toBe(0);
  });

  it("grants one retry per ten requests when there is no reserve", () => {
    const budget = new RetryBudget({ reserve: 0, clock: new FakeClock() });
    let granted = 0;
    for (let request = 0; request < 1_000; request += 1) {
      budget.request();
      if (budget.tryRetry()) granted += 1;
    }
    expect(granted).toBe(100);
  });

  it("forgets requests and retries after the window", async () => {
    const clock = new FakeClock();
    const budget = new RetryBudget({ clock });
    for (let request = 0; request < 1_000; request += 1) budget.request();
    expect(budget.tokens).toBe(110);
    for (let retry = 0; retry < 10; retry += 1) budget.tryRetry();
    expect(budget.tokens).toBe(100);
    await clock.advance(10_000);
    expect(budget.tokens).toBe(0); // the requests are gone; the retries stay one slice longer
    await clock.advance(1_000);
    expect(budget.tokens).toBe(10);
  });

  it.each([1, 10, 100, 1_000, 50_000])(
    "keeps retries at a tenth plus the reserve over any 10 s while everything fails, at %i requests a second",
    (perSecond) => {
      const clock = new Hand();
      const random = seededRandom(perSecond);
      const budget = new RetryBudget({ clock });
      const seconds = perSecond > 10_000 ? 21 : 60;
      const requests: number[] = [];
      const retries: number[] = [];
      for (let request = 0; request < perSecond * seconds; request += 1) {
        budget.request();
        requests.push(clock.now());
        // Each call fails and would like to be tried twice more.
        for (let again = 0; again < 2; again += 1) if (budget.tryRetry()) retries.push(clock.now());
        clock.move((-Math.log(1 - random()) * 1_000) / perSecond);
      }
      const within = (times: readonly number[], from: number, to: number): number =>
        times.filter((time) => time > from && time <= to).length;
      const ends = retries.filter((_, index) => index % Math.ceil(retries.length / 40) === 0);
      for (const end of ends)
        expect(within(retries, end - 10_000, end)).toBeLessThanOrEqual(
          0.1 * within(requests, end - 10_000, end) + 10,
        );
      // Amplification of the whole outage, the reserve apart.
      const windows = Math.ceil(seconds / 10);
      expect(requests.length + retries.length).toBeLessThanOrEqual(
        1.1 * requests.length + 10 * (windows + 1),
      );
      expect(retries.length).toBeGreaterThanOrEqual(0.08 * requests.length);
    },
  );

  it("multiplies an outage's load by at most 1.1 without a reserve", () => {
    const clock = new Hand();
    const budget = new RetryBudget({ reserve: 0, clock });
    let sent = 0;
    for (let request = 0; request < 100_000; request += 1) {
      budget.request();
      sent += 1;
      while (budget.tryRetry()) sent += 1;
      clock.move(1);
    }
    expect(sent / 100_000).toBeLessThanOrEqual(1.1);
    expect(sent / 100_000).toBeGreaterThan(1.09);
  });

  it("never grants more than the ratio of the window's requests plus the reserve, whatever the traffic", () => {
    const step = fc.tuple(fc.constantFrom("request", "retry", "move"), fc.integer({ min: 1, max: 300 }));
    const property = fc.property(fc.array(step, { maxLength: 80 }), fc.nat(20), (steps, reserve) => {
      const clock = new Hand();
      const budget = new RetryBudget({ reserve, clock });
      const requests: number[] = [];
      const retries: number[] = [];
      const recent = (times: readonly number[]): number =>
        times.filter((time) => time > clock.now() - 10_000).length;
      const attempt = {
        request(): void {
          budget.request();
          requests.push(clock.now());
        },
        retry(): void {
          if (!budget.tryRetry()) return;
          retries.push(clock.now());
          if (recent(retries) > 0.1 * recent(requests) + reserve + 1e-9)
            throw new Error(`${recent(retries)} retries on ${recent(requests)} requests`);
        },
        move: (): void => clock.move(37),
      };
      for (const [kind, count] of steps) for (let each = 0; each < count; each += 1) attempt[kind]();
    });
    expect(fc.check(property, { seed: 20_26, numRuns: 200 })).toMatchObject({ failed: false });
  });
});
