import { CircuitState, circuitBreaker, handleAll, type CircuitBreakerPolicy } from "cockatiel";

import { validated, type CircuitBreakerOptions } from "./breaker-options.ts";
import type { BreakerState, BreakerStats } from "./breaker-state.ts";
import { publishTransition, type TransitionCause } from "./channels.ts";
import type { Clock } from "./clock.ts";
import { ConsecutiveFailures } from "./consecutive-failures.ts";
import { BrokenCircuitError } from "./errors.ts";
import { OpenTime } from "./open-time.ts";
import { IssuedPermit, type Ledger, type Permit, type Rejection } from "./permit.ts";

export interface RunOptions {
  /** Whether an error of the task is the server's fault. Others count as success. @default every error */
  readonly isFailure?: (error: unknown) => boolean;
  /** Handed to the task. Once aborted, a failing task counts neither as success nor as failure. */
  readonly signal?: AbortSignal;
}

/**
 * Never elapsed "yet": cockatiel compares `Date.now() - openedAt` with this, and a wall clock set back must not delay a
 * probe. When one is due is decided here alone, on the monotonic clock.
 */
const atOnce = { duration: Number.NEGATIVE_INFINITY, next: () => atOnce };

/** A circuit breaker whose every answer is synchronous; cockatiel is the state machine behind it. */
export class CircuitBreaker {
  readonly name: string;
  readonly #clock: Clock;
  readonly #halfOpenProbes: number;
  readonly #openMs: number;
  readonly #maxOpenMs: number;
  readonly #probeTimeoutMs: number;
  readonly #openTime: OpenTime;
  readonly #count: ConsecutiveFailures;
  readonly #newPolicy: (initialState?: unknown) => CircuitBreakerPolicy;
  #policy: CircuitBreakerPolicy;
  readonly #probes: Ledger = {
    succeeded: (generation) => this.#probeSucceeded(generation),
    failed: (generation) => this.#probeFailed(generation),
    ignored: (generation) => this.#probeIgnored(generation),
  };

  #phase: BreakerState["name"] = "closed";
  #generation = 0;
  #closedAt: number;
  #openUntil = 0;
  #successes = 0;
  /** When the probe in flight counts as hung; undefined while the slot is free. */
  #probeUntil: number | undefined;
  /** cockatiel's execution that waits for the verdict of the current probe. An ignored probe leaves it to the next. */
  #verdict: PromiseWithResolvers<void> | undefined;
  #isolations = 0;
  #openings = 0;
  #rejections = 0;

  constructor(options: CircuitBreakerOptions) {
    const complete = validated(options);
    this.name = complete.name;
    this.#clock = complete.clock;
    this.#halfOpenProbes = complete.halfOpenProbes;
    this.#openMs = complete.openMs;
    this.#maxOpenMs = complete.maxOpenMs;
    this.#probeTimeoutMs = complete.probeTimeoutMs;
    this.#openTime = new OpenTime(complete);
    this.#closedAt = complete.clock.now();
    this.#count = new ConsecutiveFailures(complete.consecutiveFailures, () => this.#trip());
    this.#newPolicy = (initialState) =>
      circuitBreaker(handleAll, {
        breaker: this.#count,
        halfOpenAfter: atOnce,
        halfOpenSampling: { calls: complete.halfOpenProbes, threshold: 0 },
        initialState,
      });
    this.#policy = this.#newPolicy();
  }

  /** Leave to make one call, or the refusal. Never waits. The permit must be told how the call ended. */
  tryAcquire(): Permit | Rejection {
    if (this.#phase === "closed") return new IssuedPermit(this.#count, this.#generation);
    const now = this.#look();
    if (this.#phase === "half-open" && this.#probeUntil === undefined) return this.#probe(now);
    this.#rejections += 1;
    return this.#rejection(now);
  }

  /** Whether `tryAcquire()` would admit a call now. Takes nothing. */
  allows(): boolean {
    if (this.#phase === "closed") return true;
    this.#look();
    return this.#phase === "half-open" && this.#probeUntil === undefined;
  }

  /**
   * Runs the task under a permit.
   * @throws BrokenCircuitError when the circuit refuses; the signal's reason when it is aborted before the start;
   * otherwise whatever the task throws.
   */
  async run<T>(
    task: (options: { signal?: AbortSignal }) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    const { isFailure, signal } = options;
    signal?.throwIfAborted();
    const permit = this.tryAcquire();
    if (!permit.admitted) throw new BrokenCircuitError(this.name, permit);
    try {
      const value = await task(signal === undefined ? {} : { signal });
      permit.success();
      return value;
    } catch (error) {
      if (signal?.aborted !== true) {
        if (isFailure === undefined || isFailure(error)) permit.failure();
        else permit.success();
      }
      throw error;
    } finally {
      // Settles what is unsettled: an aborted call, or an isFailure that threw. Else a probe would leak its slot.
      permit.ignore();
    }
  }

  /** The state by the clock, also when no call came since it changed. */
  get state(): BreakerState {
    if (this.#phase === "closed") return { name: "closed", consecutiveFailures: this.#count.state };
    const now = this.#look();
    switch (this.#phase) {
      case "open":
        return { name: "open", retryAfterMs: wholeMs(this.#openUntil - now) };
      case "half-open": {
        const probesInFlight = this.#probeUntil === undefined ? 0 : 1;
        return { name: "half-open", probesInFlight, successes: this.#successes };
      }
      default:
        return { name: "isolated" };
    }
  }

  get stats(): BreakerStats {
    return {
      name: this.name,
      state: this.state,
      openings: this.#openings,
      rejections: this.#rejections,
      nextOpenMs: this.#openTime.nextMs,
    };
  }

  toJSON(): BreakerStats {
    return this.stats;
  }

  /** Refuses every call until each holder has disposed his handle; then the circuit is closed. */
  isolate(): Disposable {
    const hold = this.#policy.isolate();
    this.#isolations += 1;
    if (this.#isolations === 1) {
      this.#dropProbe();
      this.#enter("isolated", "isolated");
    }
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        hold.dispose();
        this.#isolations -= 1;
        if (this.#isolations === 0) this.#close("isolation-ended");
      },
    };
  }

  /**
   * Closes an open or half-open circuit and forgets failures, doublings and every call in flight. An isolated circuit
   * stays isolated: that is for its holders to end.
   */
  reset(): void {
    this.#openTime.forget();
    if (this.#phase === "isolated") return;
    if (this.#phase === "closed") {
      this.#generation += 1;
      this.#count.begin(this.#generation);
      return;
    }
    this.#dropProbe();
    // cockatiel has no close(); leaving an isolation is its only synchronous way to closed.
    this.#policy.isolate().dispose();
    this.#close("reset");
  }

  /** Applies what the clock alone has decided since the last look, and returns the time. */
  #look(): number {
    const now = this.#clock.now();
    if (this.#probeUntil !== undefined && now >= this.#probeUntil) {
      const endedAt = this.#probeUntil;
      // A hung execution cannot be taken back out of a policy: it is left behind with it, and one that is open follows.
      this.#probeUntil = undefined;
      this.#verdict = undefined;
      this.#policy = this.#newPolicy(hydratedOpen());
      this.#open("probe-timeout", endedAt);
    }
    // The last condition holds from a few microtasks after a trip, when cockatiel has recorded it too.
    if (this.#phase === "open" && now >= this.#openUntil && this.#policy.state === CircuitState.Open) {
      this.#successes = 0;
      this.#enter("half-open", "open-time-over");
    }
    return now;
  }

  #trip(): void {
    const now = this.#clock.now();
    this.#openTime.fade(now - this.#closedAt);
    this.#open("consecutive-failures", now);
    this.#execute(() => Promise.reject(new Error("tripped")));
  }

  #open(cause: TransitionCause, at: number): void {
    this.#openUntil = at + this.#openTime.draw();
    this.#openings += 1;
    this.#enter("open", cause);
  }

  #close(cause: TransitionCause): void {
    this.#closedAt = this.#clock.now();
    this.#enter("closed", cause);
  }

  #enter(to: BreakerState["name"], cause: TransitionCause): void {
    const from = this.#phase;
    this.#phase = to;
    this.#generation += 1;
    if (to === "closed") this.#count.begin(this.#generation);
    else this.#count.end();
    publishTransition(this.name, from, to, cause);
  }

  #probe(now: number): Permit {
    this.#probeUntil = now + this.#probeTimeoutMs;
    if (this.#verdict === undefined) {
      const verdict = Promise.withResolvers<void>();
      this.#verdict = verdict;
      this.#execute(() => verdict.promise);
    }
    return new IssuedPermit(this.#probes, this.#generation);
  }

  // An outcome that arrives after the lease is late even if nobody has looked meanwhile, hence the look before each.
  #probeSucceeded(generation: number): void {
    this.#look();
    if (generation !== this.#generation) return;
    this.#probeUntil = undefined;
    this.#verdict?.resolve();
    this.#verdict = undefined;
    this.#successes += 1;
    if (this.#successes >= this.#halfOpenProbes) this.#close("probes-succeeded");
  }

  #probeFailed(generation: number): void {
    const now = this.#look();
    if (generation !== this.#generation) return;
    this.#dropProbe();
    this.#open("probe-failed", now);
  }

  #probeIgnored(generation: number): void {
    this.#look();
    if (generation === this.#generation) this.#probeUntil = undefined;
  }

  #dropProbe(): void {
    this.#probeUntil = undefined;
    this.#verdict?.reject(new Error("probe failed"));
    this.#verdict = undefined;
  }

  #rejection(now: number): Rejection {
    if (this.#phase === "open")
      return { admitted: false, code: "FLEET_BREAKER_OPEN", retryAfterMs: wholeMs(this.#openUntil - now) };
    if (this.#phase === "isolated")
      // Nobody knows when the holder lets go; the longest wait this circuit knows is the best advice.
      return { admitted: false, code: "FLEET_BREAKER_ISOLATED", retryAfterMs: wholeMs(this.#maxOpenMs) };
    const leaseMs = (this.#probeUntil ?? now) - now;
    return {
      admitted: false,
      code: "FLEET_BREAKER_HALF_OPEN",
      retryAfterMs: wholeMs(Math.min(this.#openMs, leaseMs)),
    };
  }

  #execute(task: () => Promise<void>): void {
    // The outcome is the permit holder's business; here a rejection is only the word "failed" to the state machine.
    this.#policy.execute(task).catch(() => undefined);
  }
}

/** A fresh object each time, because cockatiel keeps and changes the one it is given. */
function hydratedOpen(): unknown {
  return { ownState: { value: CircuitState.Open, openedAt: 0, attemptNo: 1 }, breakerState: 0 };
}

/** Rounded up to at least 1, so that whoever waits that long is not refused again for a fraction. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
