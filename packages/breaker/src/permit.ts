/** Leave to make one call. Tell it once how the call ended; everything after the first word is ignored. */
export interface Permit {
  readonly admitted: true;
  /** The server answered (an answer such as WRONGTYPE is a success for the circuit). */
  success(): void;
  /** The server failed: not reachable, timed out, loading. */
  failure(): void;
  /** Neither: the caller went away, or the call never left. In half-open the probe slot is given back. */
  ignore(): void;
}

/** The circuit's refusal. `retryAfterMs` is a whole number of at least 1. */
export interface Rejection {
  readonly admitted: false;
  readonly code: "FLEET_BREAKER_OPEN" | "FLEET_BREAKER_HALF_OPEN" | "FLEET_BREAKER_ISOLATED";
  readonly retryAfterMs: number;
}

/** Where a permit's outcome is entered. An outcome of another generation than the current one must change nothing. */
export interface Ledger {
  succeeded(generation: number): void;
  failed(generation: number): void;
  ignored(generation: number): void;
}

export class IssuedPermit implements Permit {
  readonly admitted = true;
  readonly #generation: number;
  #ledger: Ledger | undefined;

  constructor(ledger: Ledger, generation: number) {
    this.#ledger = ledger;
    this.#generation = generation;
  }

  success(): void {
    const ledger = this.#ledger;
    this.#ledger = undefined;
    ledger?.succeeded(this.#generation);
  }

  failure(): void {
    const ledger = this.#ledger;
    this.#ledger = undefined;
    ledger?.failed(this.#generation);
  }

  ignore(): void {
    const ledger = this.#ledger;
    this.#ledger = undefined;
    ledger?.ignored(this.#generation);
  }
}
