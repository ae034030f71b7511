import { seededRandom } from "@fleet/testkit";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CircuitBreaker, type Permit } from "../src/index.ts";
import { ReferenceBreaker } from "./reference-breaker.ts";
import { heard } from "./scene.ts";

type Step =
  | { readonly kind: "acquire" | "check" | "isolate" | "end" | "reset" }
  | { readonly kind: "success" | "failure" | "ignore"; readonly back: number }
  | { readonly kind: "advance" | "set wall clock"; readonly ms: number };

const settled = fc.constantFrom(
  "failure" as const,
  "failure" as const,
  "success" as const,
  "ignore" as const,
);
// Mostly the newest permit, now and then one that has been kept for long.
const back = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(30));
const ms = fc.constantFrom(1, 90, 100, 450, 1_000, 5_000);
const hours = fc.constantFrom(-3_600_000, 3_600_000);
const rarely = fc.constantFrom("isolate" as const, "end" as const, "reset" as const);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("acquire" as const) }) },
  { weight: 8, arbitrary: fc.record({ kind: settled, back }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ kind: rarely }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("check" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("set wall clock" as const), ms: hours }) },
);

const limits = fc.record({
  consecutiveFailures: fc.integer({ min: 1, max: 3 }),
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
  jitter: fc.constantFrom(0, 0.2),
  openMs: fc.constant(100),
  maxOpenMs: fc.constant(800),
  probeTimeoutMs: fc.constant(500),
});

/** Both breakers side by side; every step is done to both. */
class Pair implements Disposable {
  #now = 0;
  readonly #breaker: CircuitBreaker;
  readonly #model: ReferenceBreaker;
  readonly #ear = heard("model");
  readonly #permits: [Permit, number][] = [];
  readonly #holds: Disposable[] = [];
  #answers: readonly [breaker: string, model: string] = ["", ""];

  constructor(settings: typeof limits extends fc.Arbitrary<infer S> ? S : never, seed: number) {
    const clock = { now: (): number => this.#now };
    this.#breaker = new CircuitBreaker({ ...settings, name: "model", clock, random: seededRandom(seed) });
    this.#model = new ReferenceBreaker({ ...settings, random: seededRandom(seed) });
  }

  take(step: Step): void {
    switch (step.kind) {
      case "acquire":
        return this.#acquire();
      case "advance":
        this.#now += step.ms;
        return;
      case "set wall clock":
        vi.setSystemTime(Date.now() + step.ms);
        return;
      case "check":
        this.#breaker.checkSucceeded();
        return this.#model.checkSucceeded(this.#now);
      case "isolate":
        this.#holds.push(this.#breaker.isolate());
        return this.#model.isolate(this.#now);
      case "end":
        this.#holds[0]?.[Symbol.dispose]();
        if (this.#holds.shift() !== undefined) this.#model.endIsolation(this.#now);
        return;
      case "reset":
        this.#breaker.reset();
        return this.#model.reset(this.#now);
      default: {
        const [permit, id] = this.#permits.at(-1 - step.back) ?? [];
        permit?.[step.kind]();
        if (id !== undefined) this.#model.settle(id, step.kind, this.#now);
      }
    }
  }

  #acquire(): void {
    const answer = this.#breaker.tryAcquire();
    const expected = this.#model.acquire(this.#now);
    const admitted = typeof expected === "number";
    this.#answers = [answer.admitted ? "admitted" : answer.code, admitted ? "admitted" : expected];
    if (answer.admitted && admitted) this.#permits.push([answer, expected]);
  }

  get ours(): unknown {
    const [answer] = this.#answers;
    const { state } = this.#breaker; // first, because a look may be what makes a transition visible
    const transitions = this.#ear.messages.map(({ from, to }) => `${from} > ${to}`);
    return { answer, allows: this.#breaker.allows(), state, transitions };
  }

  get expected(): unknown {
    const [, answer] = this.#answers;
    const { transitions } = this.#model;
    return {
      answer,
      allows: this.#model.allows(this.#now),
      state: this.#model.state(this.#now),
      transitions,
    };
  }

  [Symbol.dispose](): void {
    this.#ear[Symbol.dispose]();
  }
}

describe("the breaker", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("behaves as its model", () => {
    const steps = fc.array(step, { maxLength: 120, size: "max" });
    const property = fc.property(limits, fc.nat(1_000), steps, (settings, seed, walk) => {
      using pair = new Pair(settings, seed);
      for (const each of walk) {
        pair.take(each);
        expect(pair.ours).toEqual(pair.expected);
      }
    });
    const outcome = fc.check(property, { seed: 20_26, numRuns: 800 });
    expect(fc.defaultReportMessage(outcome)).toBeUndefined();
  });
});
