import { validated, type CircuitBreakerOptions, type Settings } from "./breaker-options.ts";
import type { BreakerState, BreakerStats } from "./breaker-state.ts";
import { publishTransition, type TransitionCause } from "./channels.ts";
import { BrokenCircuitError } from "./errors.ts";
import { OpenTime } from "./open-time.ts";
import { IssuedPermit, type Ledger, type Permit, type Rejection } from "./permit.ts";
import type { BreakerSnapshot } from "./snapshot.ts";
import type { Trip } from "./trips/trip.ts";

export interface RunOptions {
  /** Whether an error of the task is the server's fault. Others count as success. @default every error */
  readonly isFailure?: (error: unknown) => boolean;
  /** Handed to the task. Once aborted, a failing task counts neither as success nor as failure. */
  readonly signal?: AbortSignal | undefined;
}

/** Where the circuit stands, with the data of that state only. A permit carries the one it was issued in. */
type Phase =
  | { readonly name: "closed"; readonly since: number; failures: number }
  | { readonly name: "open"; readonly until: number; readonly trustsChecks: boolean }
  | {
      readonly name: "half-open";
      successes: number;
      probeUntil: number | undefined;
      readonly trustsChecks: boolean;
    }
  | { readonly name: "isolated"; holders: number };

/** A circuit breaker whose methods are synchronous. It has no timer: it reads the clock when it is called. */
export class CircuitBreaker {
  readonly name: string;
  readonly #settings: Settings;
  readonly #openTime: OpenTime;
  readonly #trip: Trip;
  readonly #ledger: Ledger<Phase> = { settle: (phase, outcome) => this.#settle(phase, outcome) };
  #phase: Phase;
  #openings = 0;
  #rejections = 0;

  /** @throws InvalidOptionError for an option that cannot work. */
  constructor(options: CircuitBreakerOptions) {
    this.#settings = validated(options);
    const { name, restore, trip } = this.#settings;
    this.name = name;
    this.#openTime = new OpenTime(this.#settings, restore?.doublings);
    this.#trip = trip;
    this.#phase = this.#newlyClosed();
    if (restore !== undefined) this.#restore(restore);
  }

  /** A permit to make one call, or the refusal. Never waits. Report to the permit how the call ended. */
  tryAcquire(): Permit | Rejection {
    const phase = this.#phase.name === "closed" ? this.#phase : this.#look();
    if (phase.name === "half-open" && phase.probeUntil === undefined)
      phase.probeUntil = this.#now() + this.#settings.probeTimeoutMs;
    else if (phase.name !== "closed") {
      this.#rejections += 1;
      return this.#rejection(phase);
    }
    return new IssuedPermit(this.#ledger, phase);
  }

  /** Whether `tryAcquire()` would admit a call now. Takes nothing. */
  allows(): boolean {
    const phase = this.#phase.name === "closed" ? this.#phase : this.#look();
    return phase.name === "closed" || (phase.name === "half-open" && phase.probeUntil === undefined);
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
    const phase = this.#look();
    switch (phase.name) {
      case "closed":
        return { name: "closed", consecutiveFailures: phase.failures };
      case "open":
        return { name: "open", retryAfterMs: wholeMs(phase.until - this.#now()) };
      case "half-open":
        return {
          name: "half-open",
          probesInFlight: phase.probeUntil === undefined ? 0 : 1,
          successes: phase.successes,
        };
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

  /** What the option `restore` of another breaker takes, for example in the next process. */
  toJSON(): BreakerSnapshot {
    return {
      ...this.stats,
      doublings: this.#openTime.doublings,
      closedForMs: this.#phase.name === "closed" ? this.#now() - this.#phase.since : 0,
      trustsChecks: "trustsChecks" in this.#phase ? this.#phase.trustsChecks : true,
      trip: this.#trip.state,
    };
  }

  /** Refuses every call until each holder has disposed of its handle; then the circuit is closed. */
  isolate(): Disposable {
    const phase =
      this.#phase.name === "isolated"
        ? this.#phase
        : this.#enter({ name: "isolated", holders: 0 }, "isolated");
    phase.holders += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        phase.holders -= 1;
        if (phase.holders === 0) this.#enter(this.#newlyClosed(), "isolation-ended");
      },
    };
  }

  /**
   * Closes an open or half-open circuit and forgets failures, doublings and every call in flight. An isolated circuit
   * stays isolated until its holders dispose of their handles.
   */
  reset(): void {
    this.#openTime.forget();
    if (this.#phase.name === "isolated") return;
    if (this.#phase.name === "closed") this.#phase = this.#newlyClosed(this.#phase.since);
    else this.#enter(this.#newlyClosed(), "reset");
  }

  /**
   * A check of another kind than the calls says that the server is healthy: an open circuit admits a probe now, and not only when its
   * open time is over. All the rest holds, and where that probe fails, checks are not believed again before the circuit has closed:
   * a server may answer each health check and fail each call.
   */
  checkSucceeded(): void {
    const phase = this.#look();
    if (phase.name === "open" && phase.trustsChecks) this.#halfOpen(false, "check-succeeded");
  }

  /** Applies what the clock alone has decided since the last look. */
  #look(): Phase {
    let phase = this.#phase;
    const now = this.#now();
    if (phase.name === "half-open" && phase.probeUntil !== undefined && now >= phase.probeUntil)
      phase = this.#open("probe-timeout", phase.probeUntil, phase.trustsChecks);
    if (phase.name === "open" && now >= phase.until)
      phase = this.#halfOpen(phase.trustsChecks, "open-time-over");
    return phase;
  }

  /** An outcome that is reported after its phase is over changes nothing. */
  #settle(phase: Phase, outcome: "success" | "failure" | "ignored"): void {
    // Apart from the rest, and small: it is the end of nearly every call.
    if (outcome === "success" && phase.name === "closed" && phase === this.#phase) {
      phase.failures = 0;
      this.#trip.success();
    } else this.#settleRarely(phase, outcome);
  }

  #settleRarely(phase: Phase, outcome: "success" | "failure" | "ignored"): void {
    if (phase.name === "half-open") this.#look();
    if (this.#phase !== phase) return;
    if (phase.name === "closed" && outcome === "failure") {
      phase.failures += 1;
      if (!this.#trip.failure()) return;
      const now = this.#now();
      this.#openTime.fade(now - phase.since);
      this.#open(this.#trip.cause, now, true);
    } else if (phase.name === "half-open") {
      phase.probeUntil = undefined;
      if (outcome === "failure") this.#open("probe-failed", this.#now(), phase.trustsChecks);
      else if (outcome === "success" && ++phase.successes >= this.#settings.halfOpenProbes)
        this.#enter(this.#newlyClosed(), "probes-succeeded");
    }
  }

  #open(cause: TransitionCause, at: number, trustsChecks: boolean): Phase {
    this.#openings += 1;
    return this.#enter({ name: "open", until: at + this.#openTime.draw(), trustsChecks }, cause);
  }

  #halfOpen(trustsChecks: boolean, cause: TransitionCause): Phase {
    return this.#enter({ name: "half-open", successes: 0, probeUntil: undefined, trustsChecks }, cause);
  }

  #enter<P extends Phase>(phase: P, cause: TransitionCause): P {
    const from = this.#phase.name;
    this.#phase = phase;
    publishTransition(this.name, from, phase.name, cause);
    return phase;
  }

  #newlyClosed(since = this.#now()): Phase {
    this.#trip.forget();
    return { name: "closed", since, failures: 0 };
  }

  /** An isolation is not restored: its holders ended with the process that they were in. */
  #restore(snapshot: BreakerSnapshot): void {
    const { state, openings, rejections, closedForMs, trip, trustsChecks = true } = snapshot;
    this.#openings = openings;
    this.#rejections = rejections;
    if (state.name === "isolated") return;
    this.#trip.state = trip;
    const now = this.#now();
    if (state.name === "closed")
      this.#phase = { name: "closed", since: now - closedForMs, failures: state.consecutiveFailures };
    else if (state.name === "open") {
      const until = now + Math.min(state.retryAfterMs, this.#openTime.longestMs);
      this.#phase = { name: "open", until, trustsChecks };
    } else {
      const { successes } = state;
      this.#phase = { name: "half-open", successes, probeUntil: undefined, trustsChecks };
    }
  }

  #rejection(phase: Exclude<Phase, { name: "closed" }>): Rejection {
    const { openMs, maxOpenMs } = this.#settings;
    const now = this.#now();
    if (phase.name === "open")
      return { admitted: false, code: "FLEET_BREAKER_OPEN", retryAfterMs: wholeMs(phase.until - now) };
    if (phase.name === "isolated")
      // When the holder lets go is unknown; the longest wait that this circuit knows is the best advice.
      return { admitted: false, code: "FLEET_BREAKER_ISOLATED", retryAfterMs: wholeMs(maxOpenMs) };
    const leaseMs = (phase.probeUntil ?? now) - now;
    return {
      admitted: false,
      code: "FLEET_BREAKER_HALF_OPEN",
      retryAfterMs: wholeMs(Math.min(openMs, leaseMs)),
    };
  }

  #now(): number {
    return this.#settings.clock.now();
  }
}

/** Rounded up to at least 1, so that a caller that waits that long is not refused again for a fraction. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
