/** Leave to make one call; it takes one outcome. */
export interface GatePermit {
  readonly admitted: true;
  success(): void;
  failure(): void;
  ignore(): void;
}

export interface GateRefusal {
  readonly admitted: false;
  readonly retryAfterMs: number;
}

/** What the engine asks of a circuit breaker; @fleet/breaker's `CircuitBreaker` fits as it is. */
export interface Gate {
  /** Whether a call would be admitted now. While it is not, no work is claimed. */
  allows(): boolean;
  tryAcquire(): GatePermit | GateRefusal;
}
