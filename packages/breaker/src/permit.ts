/** Leave to make one call. It takes one outcome; a second one is ignored. */
export interface Permit {
  readonly admitted: true;
  /** The server answered (an answer such as WRONGTYPE is a success for the circuit). */
  success(): void;
  /** The server failed: not reachable, timed out, loading. */
  failure(): void;
  /** Neither: the caller aborted, or the call was never sent. In half-open the next caller may probe. */
  ignore(): void;
}

/** The circuit's refusal. `retryAfterMs` is a whole number of at least 1. */
export interface Rejection {
  readonly admitted: false;
  /**
   * @code FLEET_BREAKER_OPEN The circuit is open because the endpoint failed too often.
   * @retry after `retryAfterMs`, or at once on another endpoint
   * @remedy Look at `cause`, the failure that was counted last, and at the endpoint.
   * @code FLEET_BREAKER_HALF_OPEN A probe is under way and has the only place; every other call is refused.
   * @retry after `retryAfterMs`, or at once on another endpoint
   * @remedy Wait for the probe: the circuit closes or opens again with its outcome.
   * @code FLEET_BREAKER_ISOLATED The circuit is held open by hand.
   * @retry when the isolation is over, or at once on another endpoint
   * @remedy End the isolation. `retryAfterMs` is `maxOpenMs`, because the end is not known.
   */
  readonly code: "FLEET_BREAKER_OPEN" | "FLEET_BREAKER_HALF_OPEN" | "FLEET_BREAKER_ISOLATED";
  readonly retryAfterMs: number;
}

/** Where a permit's outcome is entered, with the phase of the circuit in which it was issued. */
export interface Ledger<P> {
  settle(phase: P, outcome: "success" | "failure" | "ignored"): void;
}

export class IssuedPermit<P> implements Permit {
  readonly admitted = true;
  readonly #phase: P;
  #ledger: Ledger<P> | undefined;

  constructor(ledger: Ledger<P>, phase: P) {
    this.#ledger = ledger;
    this.#phase = phase;
  }

  success(): void {
    this.#settle("success");
  }

  failure(): void {
    this.#settle("failure");
  }

  ignore(): void {
    this.#settle("ignored");
  }

  #settle(outcome: "success" | "failure" | "ignored"): void {
    const ledger = this.#ledger;
    this.#ledger = undefined;
    ledger?.settle(this.#phase, outcome);
  }
}
