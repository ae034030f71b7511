import type { Gate } from "../../src/index.ts";

/** A plain breaker: opened by hand, or by so many failures in a row; after 20 ms it lets one call through to see. */
export class FakeGate implements Gate {
  /** Until it is set to false. */
  isOpen = false;
  asked = 0;
  readonly outcomes: ("success" | "failure" | "ignore")[] = [];
  readonly #opensAfter: number;
  #failures = 0;
  #openUntil = 0;
  #isProbing = false;

  constructor({ opensAfter = Infinity }: { readonly opensAfter?: number } = {}) {
    this.#opensAfter = opensAfter;
  }

  allows(): boolean {
    this.asked += 1;
    return !this.isOpen && !this.#isProbing && performance.now() >= this.#openUntil;
  }

  tryAcquire(): ReturnType<Gate["tryAcquire"]> {
    if (!this.allows()) return { admitted: false, retryAfterMs: 5 };
    this.#isProbing = this.#openUntil > 0;
    return {
      admitted: true,
      success: () => {
        this.outcomes.push("success");
        this.#failures = 0;
        this.#openUntil = 0;
        this.#isProbing = false;
      },
      failure: () => {
        this.outcomes.push("failure");
        this.#failures += 1;
        this.#isProbing = false;
        if (this.#failures >= this.#opensAfter) this.#openUntil = performance.now() + 20;
      },
      ignore: () => {
        this.outcomes.push("ignore");
        this.#isProbing = false;
      },
    };
  }
}
