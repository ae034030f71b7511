import type { Candidate } from "./routing-policy.ts";
import type { Target } from "./target.ts";

/** Time constant with which a new sample moves the average, in ms. */
const updateMs = 50;
/** Time constant with which the average fades while no sample comes, so that an avoided target is tried again, in ms. */
const fadeMs = 500;

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
    const average = this.#averageMs === 0 ? 0 : this.#averageMs * faded((now - this.#sampledAt) / fadeMs);
    const age = this.#oldest === undefined ? 0 : now - this.#oldest.startedAt;
    return age > average ? age : average;
  }
}

/** e^-x to within 0.08 for x >= 0, falling, at a tenth of the cost of Math.exp: it runs per candidate and pick. */
function faded(x: number): number {
  return 1 / (1 + x + (x * x) / 2);
}
