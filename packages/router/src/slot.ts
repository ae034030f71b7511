import type { Candidate } from "./routing-policy.ts";
import type { Target } from "./target.ts";

/** Time constant with which a new sample moves the average, in ms. */
const updateMs = 50;
/** Without a sample the average fades, so that an avoided target is tried again, and is forgotten after this time, in ms. */
const memoryMs = 2_000;
const perMemory = 1 / memoryMs;

/** A call in flight, linked from the oldest to the newest of its slot. */
export interface Call {
  readonly startedAt: number;
  older: Call | undefined;
  newer: Call | undefined;
}

/** What the router remembers of one target id, for as long as the id stays. */
export class Slot<T extends Target> implements Candidate {
  target: T;
  inFlight = 0;
  #averageMs = 0;
  #sampledAt = Number.NEGATIVE_INFINITY;
  #oldest: Call | undefined;
  #newest: Call | undefined;

  constructor(target: T) {
    this.target = target;
  }

  begin(call: Call): void {
    this.inFlight += 1;
    call.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.newer = call;
    this.#newest = call;
  }

  /** Ends a call that has begun here; the caller sees to it that it ends once. */
  end(call: Call, now: number, latencyMs: number): void {
    this.inFlight -= 1;
    if (call.older === undefined) this.#oldest = call.newer;
    else call.older.newer = call.newer;
    if (call.newer === undefined) this.#newest = call.older;
    else call.newer.older = call.older;
    call.older = undefined;
    call.newer = undefined;
    const weight = Math.exp((this.#sampledAt - now) / updateMs);
    this.#averageMs = weight * this.#averageMs + (1 - weight) * latencyMs;
    this.#sampledAt = now;
  }

  latencyMs(now: number): number {
    const average = this.#averageMs === 0 ? 0 : this.#averageMs * faded(now - this.#sampledAt);
    const age = this.#oldest === undefined ? 0 : now - this.#oldest.startedAt;
    return age > average ? age : average;
  }
}

/**
 * The share of an average that is left after a time without samples: (1 - t/2000)^4 falls like an exponential with a
 * time constant of 500 ms, without its cost and without a division, because it runs per candidate and pick.
 */
function faded(idleMs: number): number {
  const base = 1 - idleMs * perMemory;
  if (base <= 0) return 0;
  const square = base * base;
  return square * square;
}
