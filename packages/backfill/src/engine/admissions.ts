import { type Clock, sleep } from "@fleet/time";

import type { Gate, GatePermit } from "./gate.ts";
import type { HeldChunk } from "./held-chunk.ts";
import type { TokenBucket } from "./token-bucket.ts";

interface AdmissionsOptions {
  readonly gate: Gate | undefined;
  readonly bucket: TokenBucket | undefined;
  readonly ready: (chunk: HeldChunk) => Promise<void> | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Waiter {
  readonly chunk: HeldChunk;
  /** Failures before. */
  readonly failures: number;
}

/** Leave to make a call. */
export interface Admission {
  /** Absent where there is no breaker, or the chunk or the worker has ended. */
  readonly permit: GatePermit | undefined;
  /** The breaker has not been closed since it opened: this call is to show whether the other side is there. */
  readonly isProbe: boolean;
}

/** A breaker is asked again after so long at the latest, in milliseconds: an operator may have closed it. */
const longestWaitMs = 250;

/** Probes with untried ids that may fail before the failure is reported to the breaker. */
const mostSpared = 10;

/** The queue before the hub or the database: which calls wait for the breaker and the rate, and which one is the probe. */
export class Admissions {
  readonly #options: AdmissionsOptions;
  readonly #waiting = new Set<Waiter>();
  /** The breaker has opened, and no call has succeeded since. */
  #isShut = false;
  /** Probes that failed since the breaker has let one through. */
  #spared = 0;

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  get stalled(): readonly HeldChunk[] {
    const { gate, bucket } = this.#options;
    if (gate?.allows() !== false && (bucket?.pausedMs ?? 0) === 0) return [];
    return [...new Set([...this.#waiting].map(({ chunk }) => chunk))].filter(({ calls }) => calls.size === 0);
  }

  succeeded(permit: GatePermit): void {
    permit.success();
    this.#spared = 0;
    this.#isShut = false;
  }

  /**
   * @param isUntried a probe with an id that had not failed before. Some such probes are followed by another at once: ids
   * that are bad must not double the time that the breaker is open, one after another.
   */
  failed(permit: GatePermit, isUntried = false): void {
    // Only where calls are for one id each, which is where there is a rate; a batch that fails counts against the sink at once.
    if (isUntried && this.#options.bucket !== undefined && this.#spared < mostSpared) {
      this.#spared += 1;
      permit.ignore();
      return;
    }
    if (isUntried) this.#spared = 0;
    permit.failure();
    this.#isShut ||= this.#options.gate?.allows() === false;
  }

  /** Waits until the breaker and the rate let a call through, or the chunk or the worker has ended. */
  async wait(waiter: Waiter): Promise<Admission> {
    const { gate, bucket, ready, clock, signal } = this.#options;
    const { chunk } = waiter;
    const isOver = (): boolean => chunk.isOver || signal.aborted;
    this.#waiting.add(waiter);
    try {
      for (;;) {
        // No permit is held while waiting for the rate: half-open, it would count as a hung probe.
        if (gate !== undefined) await this.#turn(gate, waiter, isOver);
        const token = bucket?.take();
        if (token !== undefined) await token;
        const readiness = ready(chunk);
        if (readiness !== undefined) await readiness;
        if (gate === undefined || isOver()) return { permit: undefined, isProbe: false };
        if (this.#isBehind(waiter)) continue;
        const isProbe = this.#isShut;
        const answer = gate.tryAcquire();
        if (answer.admitted) return { permit: answer, isProbe };
        this.#isShut = true;
        await sleep(clock, Math.min(answer.retryAfterMs, longestWaitMs), signal);
      }
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  /** Waits while the breaker is open. An id that has failed before lets ids go first that have not. */
  async #turn(gate: Gate, waiter: Waiter, isOver: () => boolean): Promise<void> {
    for (let hasWaited = false; !isOver();) {
      if (!gate.allows()) {
        this.#isShut = true;
        await this.#rest(gate);
        hasWaited = false;
      } else if (this.#isShut && waiter.failures > 0 && (!hasWaited || this.#isBehind(waiter))) {
        // Time for ids that may be better to be claimed, and to get here.
        await sleep(this.#options.clock, longestWaitMs, this.#options.signal);
        hasWaited = true;
      } else return;
    }
  }

  #isBehind({ failures }: Waiter): boolean {
    return this.#isShut && [...this.#waiting].some((other) => other.failures < failures);
  }

  async #rest(gate: Gate): Promise<void> {
    const answer = gate.tryAcquire();
    if (answer.admitted) {
      answer.ignore();
      return;
    }
    const { clock, signal } = this.#options;
    await sleep(clock, Math.min(answer.retryAfterMs, longestWaitMs), signal);
  }
}
